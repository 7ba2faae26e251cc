package downlink_test

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// The answer to a batch of BIDIR messages: one device is told something, the other
// is not.
func ExampleAppendJSON() {
	first, _ := sigfox.NewDeviceText("2C30EA")
	second, _ := sigfox.NewDeviceText("1B29CC4")
	data, err := downlink.ParseData("00DEADBEEFCAFE7F")
	if err != nil {
		fmt.Println(err)
		return
	}

	body := downlink.AppendJSON(nil,
		downlink.Entry{Device: first, Reply: downlink.Send(data)},
		downlink.Entry{Device: second},
	)
	fmt.Printf("%s\n", body)
	// Output: {"2C30EA":{"downlinkData":"00deadbeefcafe7f"},"1B29CC4":{"noData":true}}
}

// A thermostat is told a new set point when it next asks. It is not reached the
// first time, so that the set point waits for the next.
func ExampleQueue() {
	queue, err := downlink.NewQueue(downlink.QueueOptions{
		OnDone: func(d downlink.Done) { fmt.Printf("%v: %v %v\n", d.Device, d.Downlink.Data, d.Outcome) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	const thermostat sigfox.DeviceID = 0x2C30EA
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

	// A user turns the heating up to 21.5 degrees: a newer wish replaces older ones.
	var setPoint downlink.Data
	binary.BigEndian.PutUint16(setPoint[:], 215)
	if err := queue.Push(now, thermostat, setPoint, downlink.PushOptions{Replace: true}); err != nil {
		fmt.Println(err)
		return
	}

	for _, result := range []downlink.InfoCode{downlink.NetworkError, downlink.Acked} {
		// A BIDIR message with ack true: the handler returns this reply.
		now = now.Add(6 * time.Hour)
		message := sigfox.MessageKey{Device: thermostat, Time: now.Unix(), Seq: 42}
		data, _ := queue.Next(now, message).Data()
		fmt.Println("offered", data)

		// The ACKNOWLEDGE callback that follows.
		now = now.Add(35 * time.Second)
		_, outcome := queue.Acknowledge(now, downlink.Ack{
			Device: thermostat,
			Time:   now.Unix(),
			Code:   sigfox.Some(result),
		})
		fmt.Println(result, "->", outcome)
	}
	used, perDay := queue.Quota(now, thermostat)
	fmt.Printf("%d of %d today\n", used, perDay)
	// Output:
	// offered 00d7000000000000
	// NETWORK_ERROR -> put back
	// offered 00d7000000000000
	// 2C30EA: 00d7000000000000 confirmed
	// ACKED -> confirmed
	// 1 of 4 today
}

// What waits for the devices, as a page for the operator would show it.
func ExampleQueue_Pending() {
	queue, _ := downlink.NewQueue(downlink.QueueOptions{})
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	_ = queue.Push(now, 0x2C30EA, downlink.Data{1}, downlink.PushOptions{})
	_ = queue.Push(now, 0x2C30EA, downlink.Data{2}, downlink.PushOptions{Expiry: downlink.NoExpiry})
	queue.Next(now, sigfox.MessageKey{Device: 0x2C30EA, Time: now.Unix()})

	for id := range queue.Devices(now) {
		for d := range queue.Pending(now, id) {
			fmt.Println(id, d.Data, "offers:", d.Offers, "on offer:", d.OnOffer)
		}
	}
	// Output:
	// 2C30EA 0100000000000000 offers: 1 on offer: true
	// 2C30EA 0200000000000000 offers: 0 on offer: false
}

// A sender reads what a service answered, however it wrote the device id.
func ExampleParseAnswer() {
	answer, err := downlink.ParseAnswer([]byte(`{"002c30ea":{"downlinkData":"00DEADBEEFCAFE7F"}, "1":{"downlinkData":"00"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := answer.Reply(0x2C30EA)
	data, ok := reply.Data()
	fmt.Println(data, ok, err)
	_, err = answer.Reply(1)
	fmt.Println(err)
	// Output:
	// 00deadbeefcafe7f true <nil>
	// downlink: invalid data "00": less than 8 bytes at offset 2
}

// A device type in DIRECT mode answers by itself with the station and the signal.
func ExampleParseDirect() {
	direct, err := downlink.ParseDirect("{tapId}0000{rssi}")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(direct.Render(downlink.DirectValues{TapID: 0x586B, RSSI: -111}))

	_, err = downlink.ParseDirect("{tapId}00{rssi}")
	fmt.Println(err)
	// Output:
	// 0000586b0000ff91
	// downlink: invalid direct template "{tapId}00{rssi}": less than 8 bytes at offset 15
}

func ExampleInfoCode() {
	code := downlink.NetworkError
	fmt.Println(code, uint8(code), code.Sent(), code.Retryable())
	// Output: NETWORK_ERROR 4 false true
}
