package downlink_test

import (
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// A network decides about a downlink step by step: it asks the service, looks at
// the quota, has a station emit, and reports.
func ExampleOpportunity() {
	const device sigfox.DeviceID = 0x2C30EA
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ledger, err := downlink.NewLedger(downlink.LedgerOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}

	var o downlink.Opportunity
	fmt.Println(o.Decide().Step == downlink.StepAwait)

	answer, err := downlink.ParseAnswer([]byte(`{"2C30EA":{"downlinkData":"deadbeefcafebabe"}}`))
	o.Answered(device, answer, err)
	if ledger.Add(now, device) > downlink.DefaultQuota {
		o.Quota = downlink.QuotaOverused
	}
	fmt.Println("emit", o.Decide().Data, downlink.WindowOf(sigfox.RC1).Opens, "after the message")

	o.Radio = downlink.RadioEmitted
	d := o.Decide()
	fmt.Println(d.Step == downlink.StepReport, d.Code, d.Code.Message(), d.Overusage)
	// Output:
	// true
	// emit deadbeefcafebabe 20s after the message
	// true ACKED Acked false
}
