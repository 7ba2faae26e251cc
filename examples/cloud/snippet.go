package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
)

// receiverCode returns a program that receives what a definition sends.
func receiverCode(d callback.Definition) string {
	d.ID, d.Dead, d.DownlinkHook = "", false, false // of no use to a receiver
	secret := ""
	for name, value := range d.Headers {
		if strings.EqualFold(name, "Authorization") {
			secret = value
		}
	}
	resource, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return ""
	}
	handler, imports := handlerCode(d.Service)
	verifier := "\tverifier := callback.Unverified() // anybody may call: better send a secret\n"
	if token, ok := strings.CutPrefix(secret, "Bearer "); ok {
		verifier = "\tverifier, err := callback.BearerToken(" + strconv.Quote(token) + ")\n" + checkCode
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, name := range []string{"context", "encoding/json", "log", "net/http"} {
		b.WriteString("\t" + strconv.Quote(name) + "\n")
	}
	b.WriteString("\n")
	for _, name := range imports {
		b.WriteString("\t\"github.com/go-sigfox/sigfox/" + name + "\"\n")
	}
	b.WriteString(")\n\n// definition is the callback as it is configured in the cloud.\nconst definition = " + literal(string(resource)))
	b.WriteString("\n\nfunc main() {\n\tvar d callback.Definition\n" +
		"\tif err := json.Unmarshal([]byte(definition), &d); err != nil {\n\t\tlog.Fatal(err)\n\t}\n")
	b.WriteString(verifier + handler + checkCode)
	b.WriteString("\tlog.Fatal(http.ListenAndServe(\"127.0.0.1:9000\", h))\n}\n")
	return b.String()
}

const checkCode = "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"

// handlerCode returns the making of a handler, and the packages that it needs.
func handlerCode(s callback.Service) (code string, imports []string) {
	const options = "\t}, callback.Options{Verifier: verifier, Definition: &d})\n"
	const logged = "\t\tlog.Printf(\"%+v\", m)\n"
	switch s {
	case callback.DataBidir:
		return "\th, err := callback.NewBidirHandler(func(ctx context.Context, m callback.Bidir) (downlink.Reply, error) {\n" + logged +
			"\t\treturn downlink.Send(downlink.Data{1, 2, 3, 4, 5, 6, 7, 8}), nil // the bytes for the device\n" +
			options, []string{"callback", "downlink"}
	case callback.EventCallback:
		return "\th, err := event.NewHandler(func(ctx context.Context, m event.Event) error {\n" + logged +
			"\t\treturn nil\n" + options, []string{"callback", "event"}
	default:
		return "\th, err := callback.NewHandler(func(ctx context.Context, m callback." + messageTypes[s] + ") error {\n" + logged +
			"\t\treturn nil\n" + options, []string{"callback"}
	}
}

// messageTypes are the types of package callback by service.
var messageTypes = map[callback.Service]string{
	callback.DataUplink: "Uplink", callback.ServiceStatus: "Status", callback.ServiceAcknowledge: "Acknowledge",
	callback.ServiceRepeater: "Repeater", callback.ServiceDataAdvanced: "DataAdvanced", callback.ServiceGeoloc: "Geoloc",
	callback.ErrorCallback: "ErrorReport",
}

// literal returns a string as Go code, over several lines if it can.
func literal(s string) string {
	if strings.Contains(s, "`") {
		return strconv.Quote(s)
	}
	return "`" + s + "`"
}
