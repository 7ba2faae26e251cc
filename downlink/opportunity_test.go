package downlink_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// TestDecide is the specification of the network's decisions: what is known of an
// opportunity, and what follows from it.
func TestDecide(t *testing.T) {
	t.Parallel()
	data := downlink.Data{1, 2, 3, 4, 5, 6, 7, 8}
	send := downlink.Send(data)
	invalid := errors.New("no data")
	report := func(c downlink.InfoCode) downlink.Decision {
		return downlink.Decision{Step: downlink.StepReport, Code: c}
	}
	nothing := downlink.Decision{Step: downlink.StepNone, Code: downlink.NoAnswer}
	type facts = downlink.Opportunity
	tests := map[string]struct {
		facts facts
		want  downlink.Decision
	}{
		"nobody answers":     {facts{Off: true, NoContract: true}, nothing},
		"no contract":        {facts{NoContract: true, Busy: true}, report(downlink.NoDownlinkContract)},
		"asked again":        {facts{Busy: true, NoCallback: true}, report(downlink.TooManyRequests)},
		"nobody to ask":      {facts{NoCallback: true}, report(downlink.InvalidConfiguration)},
		"answer awaited":     {facts{}, downlink.Decision{Step: downlink.StepAwait, Code: downlink.Pending}},
		"answer missing":     {facts{Answer: downlink.AnswerMissing}, report(downlink.NoAnswer)},
		"no data":            {facts{Answer: downlink.AnswerGiven}, report(downlink.NoAnswer)},
		"no data, quiet":     {facts{Answer: downlink.AnswerGiven, QuietNoData: true}, nothing},
		"missing, quiet":     {facts{Answer: downlink.AnswerMissing, QuietNoData: true}, report(downlink.NoAnswer)},
		"invalid data":       {facts{Answer: downlink.AnswerGiven, Err: invalid}, report(downlink.InvalidPayload)},
		"invalid and quiet":  {facts{Answer: downlink.AnswerGiven, Err: invalid, QuietNoData: true}, report(downlink.InvalidPayload)},
		"invalid beats data": {facts{Answer: downlink.AnswerGiven, Reply: send, Err: invalid}, report(downlink.InvalidPayload)},
		"data to send": {
			facts{Answer: downlink.AnswerGiven, Reply: send},
			downlink.Decision{Step: downlink.StepSend, Code: downlink.Pending, Data: data},
		},
		"data to send over quota": {
			facts{Answer: downlink.AnswerGiven, Reply: send, Quota: downlink.QuotaOverused},
			downlink.Decision{Step: downlink.StepSend, Code: downlink.Pending, Data: data, Overusage: true},
		},
		"over quota, no capacity": {
			facts{Answer: downlink.AnswerGiven, Reply: send, Quota: downlink.QuotaBlocked},
			downlink.Decision{Step: downlink.StepReport, Code: downlink.OverrunError, Overusage: true},
		},
		"no station": {
			facts{Answer: downlink.AnswerGiven, Reply: send, Radio: downlink.RadioFailed},
			report(downlink.NetworkError),
		},
		"sent": {
			facts{Answer: downlink.AnswerGiven, Reply: send, Radio: downlink.RadioEmitted},
			downlink.Decision{Step: downlink.StepReport, Code: downlink.Acked, Data: data},
		},
		"sent over quota": {
			facts{Answer: downlink.AnswerGiven, Reply: send, Quota: downlink.QuotaOverused, Radio: downlink.RadioEmitted},
			downlink.Decision{Step: downlink.StepReport, Code: downlink.Acked, Data: data, Overusage: true},
		},
	}
	reached := map[downlink.InfoCode]bool{}
	for name, test := range tests {
		reached[test.facts.Decide().Code] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, test.facts.Decide())
		})
	}
	for code := downlink.Acked; code.Known(); code++ {
		require.True(t, reached[code], code)
	}
}

func TestAnswered(t *testing.T) {
	t.Parallel()
	const id sigfox.DeviceID = 0x2C30EA
	valid := downlink.Data{0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe, 0xba, 0xbe}
	tests := map[string]struct {
		body string
		want downlink.InfoCode
	}{
		"data":                     {`{"2C30EA":{"downlinkData":"deadbeefcafebabe"}}`, downlink.Pending},
		"data, padded lower case":  {`{"002c30ea":{"downlinkData":"DEADBEEFCAFEBABE"}}`, downlink.Pending},
		"data, among others":       {`{"1":{"noData":true},"2C30EA":{"downlinkData":"deadbeefcafebabe"}}`, downlink.Pending},
		"empty":                    {``, downlink.NoAnswer},
		"noData":                   {`{"2C30EA":{"noData":true}}`, downlink.NoAnswer},
		"for another device":       {`{"1":{"downlinkData":"deadbeefcafebabe"}}`, downlink.NoAnswer},
		"short":                    {`{"2C30EA":{"downlinkData":"dead"}}`, downlink.InvalidPayload},
		"flat":                     {`{"downlinkData":"deadbeefcafebabe"}`, downlink.InvalidPayload},
		"no JSON":                  {`OK`, downlink.InvalidPayload},
		"bad data of another only": {`{"1":{"downlinkData":"x"},"2C30EA":{"downlinkData":"deadbeefcafebabe"}}`, downlink.Pending},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o downlink.Opportunity
			answer, err := downlink.ParseAnswer([]byte(test.body))
			o.Answered(id, answer, err)
			d := o.Decide()
			require.Equal(t, test.want, d.Code)
			require.Equal(t, test.want == downlink.Pending, d.Step == downlink.StepSend)
			if d.Step == downlink.StepSend {
				require.Equal(t, valid, d.Data)
			}
		})
	}
}

func TestWindowOf(t *testing.T) {
	t.Parallel()
	common := downlink.Window{Opens: 20 * time.Second, Closes: 45 * time.Second}
	patient := downlink.Window{Opens: 19 * time.Second, Closes: 52500 * time.Millisecond}
	for zone, want := range map[sigfox.RadioZone]downlink.Window{
		sigfox.RC1: common, sigfox.RC2: common, sigfox.RC3: patient, sigfox.RC4: common,
		sigfox.RC5: patient, sigfox.RC6: common, sigfox.RC7: common,
	} {
		require.Equal(t, want, downlink.WindowOf(zone), zone)
	}
}
