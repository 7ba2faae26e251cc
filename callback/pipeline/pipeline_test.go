package pipeline_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
)

// step is something that the network hears, or is told, at an instant.
type step struct {
	at time.Duration
	do func(*world)
}

func hears(at time.Duration, f pipeline.Frame) step {
	return step{at, func(w *world) { w.hear(f) }}
}

// by returns the frame as another station heard it.
func by(f pipeline.Frame, station sigfox.StationID, rssi float32) pipeline.Frame {
	f.Station, f.RSSI = station, rssi
	return f
}

// again returns the nth repetition of a frame.
func again(f pipeline.Frame, n uint8) pipeline.Frame {
	f.Repetition = n
	return f
}

// TestPipeline is what the pipeline does: what goes in, and which callbacks come out.
func TestPipeline(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	data := downlink.Data{0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe, 0xba, 0xbe}
	tests := map[string]struct {
		with   func(*routing.DeviceType, *routing.Device)
		o      pipeline.Options
		answer func() (int, string, time.Duration)
		begin  time.Duration // since midnight
		in     []step
		until  time.Duration
		out    []string
	}{
		"a message of one frame": {
			in: []step{hears(0, frame(7))}, until: time.Minute,
			out: []string{
				"0s DATA/UPLINK 2C30EA seq=7 data=07 station=0001 rssi=-110",
				"0s DATA/BIDIR 2C30EA seq=7 ack=false",
				`25s SERVICE/DATA_ADVANCED {"device":"2C30EA","seq":7,"lqi":"Good",` +
					`"duplicates":[{"bsId":"0001","rssi":-110,"nbRep":1}],"location":null}`,
			},
		},
		"three frames, three stations": {
			in: []step{
				hears(300*ms, frame(7)),
				hears(400*ms, by(frame(7), 2, -121.5)),
				hears(2300*ms, again(frame(7), 1)),
				hears(2300*ms, by(again(frame(7), 1), 0xABCD, -100)),
				hears(4300*ms, again(frame(7), 2)),
			}, until: time.Minute,
			out: []string{
				"300ms DATA/UPLINK 2C30EA seq=7 data=07 station=0001 rssi=-110",
				"300ms DATA/BIDIR 2C30EA seq=7 ack=false",
				`25.3s SERVICE/DATA_ADVANCED {"device":"2C30EA","seq":7,"lqi":"Excellent",` +
					`"duplicates":[{"bsId":"0001","rssi":-110,"nbRep":3},` +
					`{"bsId":"0002","rssi":-121.5,"nbRep":1},{"bsId":"ABCD","rssi":-100,"nbRep":1}],"location":null}`,
			},
		},
		"no metadata in the contract; a position": {
			o: pipeline.Options{
				Metadata: func(routing.View) bool { return false },
				Locate:   locate,
			},
			in: []step{hears(0, frame(7))}, until: time.Minute,
			out: []string{
				"0s DATA/UPLINK 2C30EA seq=7 data=07 station=null rssi=null",
				"0s DATA/BIDIR 2C30EA seq=7 ack=false",
				`25s SERVICE/DATA_ADVANCED {"device":"2C30EA","seq":7,"lqi":"Good",` +
					`"duplicates":null,"location":{"lat":48.5,"lng":2.25,"radius":1500,"source":2,"status":1}}`,
			},
		},
		"a frame of an unknown device": {
			in: []step{hears(0, pipeline.Frame{})}, until: time.Minute,
			out: []string{"0s refused: pipeline: unknown device: 0"},
		},
		"a downlink": {
			answer: sends(data),
			in:     []step{hears(0, asks(7)), hears(ms, by(asks(7), 2, -90))}, until: time.Minute,
			out: []string{
				"0s DATA/UPLINK 2C30EA seq=7 data=07 station=0001 rssi=-110",
				"0s DATA/BIDIR 2C30EA seq=7 ack=true",
				"20s emit deadbeefcafebabe by 0002",
				`25s SERVICE/DATA_ADVANCED {"device":"2C30EA","seq":7,"lqi":"Good",` +
					`"duplicates":[{"bsId":"0001","rssi":-110,"nbRep":1},{"bsId":"0002","rssi":-90,"nbRep":1}],"location":null}`,
				"35s SERVICE/ACKNOWLEDGE 2C30EA 946684800 0 Acked ack=true over=false",
			},
		},
		"out-of-band frames": {
			in: []step{
				{0, func(w *world) {
					require.NoError(w, w.Status(w.Context(), time.Now(), callback.Status{
						Device: sensor, Batt: sigfox.Some(3.3), Temp: sigfox.Some(21.5),
						Reception: callback.Reception{Station: sigfox.Some[sigfox.StationID](1)},
					}))
				}},
				{time.Second, func(w *world) {
					require.NoError(w, w.Repeater(w.Context(), time.Now(), sigfox.NoSeqNumber, callback.Repeater{
						Device: sensor, RepeatedMsg: sigfox.Some(12),
					}))
				}},
			}, until: time.Minute,
			out: []string{
				"0s SERVICE/STATUS 2C30EA batt=3.3 temp=21.5 station=0001",
				"1s SERVICE/REPEATER 2C30EA repeated=12",
			},
		},
		"silence": {
			with: func(dt *routing.DeviceType, _ *routing.Device) {
				dt.KeepAlive = time.Hour
				dt.Callbacks = callbacksOf(dt, callback.ErrorCallback)
			},
			in:    []step{hears(0, frame(7)), hears(30*time.Minute, frame(8)), hears(100*time.Minute, frame(9))},
			until: 4 * time.Hour,
			out: []string{
				"1h30m0s ERROR 2C30EA ERROR No message received since 2000-01-01 00:30:00",
				"2h40m0s ERROR 2C30EA ERROR No message received since 2000-01-01 01:40:00",
			},
		},
		"numbers missing, then a new firmware": {
			with: func(dt *routing.DeviceType, _ *routing.Device) { dt.Callbacks = callbacksOf(dt, callback.DataUplink) },
			in: []step{
				hears(0, frame(4094)),
				hears(1*time.Second, frame(4095)),
				hears(2*time.Second, frame(0)), // the counter starts again
				hears(3*time.Second, frame(5)),
				hears(4*time.Second, frame(2000)), // too far
				hears(5*time.Second, frame(6)),    // too late
				{6 * time.Second, func(w *world) { require.True(w, w.Disengage(sensor)) }},
				hears(7*time.Second, frame(8)),
			}, until: time.Minute,
			out: []string{
				"0s DATA/UPLINK 2C30EA seq=4094 data=fe station=0001 rssi=-110",
				"1s DATA/UPLINK 2C30EA seq=4095 data=ff station=0001 rssi=-110",
				"2s DATA/UPLINK 2C30EA seq=0 data=00 station=0001 rssi=-110",
				"3s EVENT 2C30EA INVALID_SEQ_NUMBER WARN last=0 got=5",
				"3s DATA/UPLINK 2C30EA seq=5 data=05 station=0001 rssi=-110",
				"4s EVENT 2C30EA OUT_OF_SEQUENCE WARN last=5 got=2000",
				"4s refused: pipeline: out of sequence: 2C30EA",
				"5s EVENT 2C30EA OUT_OF_SEQUENCE WARN last=5 got=6",
				"5s refused: pipeline: out of sequence: 2C30EA",
				"7s DATA/UPLINK 2C30EA seq=8 data=08 station=0001 rssi=-110",
			},
		},
		"more messages than the contract allows": {
			with: func(dt *routing.DeviceType, _ *routing.Device) {
				dt.UplinksPerDay, dt.Callbacks = 2, callbacksOf(dt, callback.ServiceRepeater)
			},
			in: []step{
				hears(0, frame(1)), hears(time.Second, frame(2)), hears(2*time.Second, frame(3)),
				hears(3*time.Second, frame(4)),
				hears(time.Hour, frame(5)), hears(time.Hour, frame(6)), hears(61*time.Minute, frame(7)),
			}, begin: 23 * time.Hour, until: 2 * time.Hour,
			out: []string{
				"2s EVENT 2C30EA OVERUSAGE INFO last=null got=null",
				"1h1m0s EVENT 2C30EA OVERUSAGE INFO last=null got=null",
			},
		},
		"the platform suspends a device": {
			in: []step{{time.Second, func(w *world) {
				require.NoError(w, w.Event(w.Context(), event.New(event.Suspend, sensor, time.Now(), nil)))
			}}}, until: time.Minute,
			out: []string{"1s EVENT 2C30EA SUSPEND INFO last=null got=null"},
		},
		"above the limit of the device type": {
			with: func(dt *routing.DeviceType, _ *routing.Device) { dt.Rate, dt.Burst = 0.01, 1 },
			in:   []step{hears(0, frame(7))}, until: 20 * time.Second,
			out: []string{
				"0s DATA/UPLINK 2C30EA seq=7 data=07 station=0001 rssi=-110",
				"0s drop DATA/BIDIR: pipeline: rate limit of the device type",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(test.begin)
				w := newWorld(t, test.with, test.o)
				if test.answer != nil {
					w.answer = test.answer
				}
				for _, s := range test.in {
					w.until(s.at)
					s.do(w)
				}
				w.until(test.until)
				require.Equal(t, test.out, w.seen())
			})
		})
	}
}
