package dispatch_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// The log is filled by the hook of a dispatcher, and answers the API.
func ExampleUndeliveredLog() {
	l, _ := dispatch.NewUndeliveredLog(dispatch.UndeliveredOptions{})
	hooks := dispatch.Hooks{OnDrop: l.Add} // for Options.Hooks

	target, _ := dispatch.NewTarget(dispatch.TargetOptions{ID: "5c187c222564327e80000002", OwnerID: "5c187c222564327e80000000", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: "GET", URL: "https://example.com/{device}?key=secret",
	}})
	r, _ := dispatch.NewRequest(target, callback.Uplink{Device: 0x2C30EA, Time: time.Unix(1568980330, 0)})
	hooks.OnDrop(dispatch.Drop{ // as the dispatcher does after the last attempt
		Request: r, Attempts: []dispatch.Attempt{{Number: 4, Status: 502, Reason: dispatch.ReasonStatus}},
	})

	page := l.Page(dispatch.UndeliveredQuery{DeviceTypeID: target.OwnerID()})
	answer, _ := json.MarshalIndent(page, "", "  ")
	fmt.Println(string(answer))
	// Output:
	// {
	//   "data": [
	//     {
	//       "deviceId": "2C30EA",
	//       "deviceTypeId": "5c187c222564327e80000000",
	//       "time": 1568980330000,
	//       "date": "2019-09-20 11:52:10",
	//       "status": 502,
	//       "message": "Bad Gateway",
	//       "callback": {
	//         "url": "https://example.com/2C30EA?key=xxxxx",
	//         "headers": {},
	//         "method": "GET"
	//       }
	//     }
	//   ],
	//   "paging": {}
	// }
}
