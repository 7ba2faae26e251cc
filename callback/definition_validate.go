package callback

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// Validate checks the definition by the rules of the cloud for a new callback. The
// error is a *DefinitionError. EVENT callbacks, which the API does not make, are held
// to the same rules.
//
//   - channel, type and subtype are known and fit; SERVICE/GEOLOC can no longer be made;
//   - members belong to the channel: linePattern to BATCH_URL, bodyTemplate and headers
//     to URL, recipient, subject and message to EMAIL;
//   - URL and BATCH_URL have a url, of http or https, and a method GET, POST or PUT;
//   - GET has no body; DATA_ADVANCED has one, of JSON; BATCH_URL has a line pattern;
//   - a JSON body is JSON once its variables stand for values, a form is k=v&k=v;
//   - all variables are offered by the service, {customData#name} by payloadConfig, and
//     what is meant to be one is written as one;
//   - custom headers are no standard ones, Authorization excepted, each given once, and
//     Authorization not beside user and password in the url;
//   - EMAIL has a recipient.
//
// Sources: https://support.sigfox.com/docs/callback-medium and the API v2 document.
func (d *Definition) Validate() error {
	var e DefinitionError
	switch {
	case !d.Service.known():
		e.add("callbackType", "callbackType and callbackSubtype name no service; they are "+serviceNumbers)
	case d.Service == ServiceGeoloc:
		e.add("callbackSubtype", "SERVICE/GEOLOC can no longer be created, use SERVICE/DATA_ADVANCED")
	}
	if d.PayloadConfig != "" && d.Service.known() && !d.Service.HasPayloadConfig() {
		e.addf("payloadConfig", "%s takes no payload configuration", d.Service)
	}
	if d.DownlinkHook && d.Service != DataBidir {
		e.add("downlinkHook", "only a DATA/BIDIR callback can carry downlinks")
	}
	c := d.compile(sending, e.add)
	d.validateChannel(&e)
	switch d.Channel {
	case ChannelURL:
		d.validateURL(&e, c)
		d.validateBody(&e)
	case ChannelBatchURL:
		d.validateURL(&e, c)
		d.validateBatch(&e, c)
	case ChannelEmail:
		if !strings.Contains(d.Recipient, "@") {
			e.add("recipient", "an e-mail address is required")
		}
		d.validateVariables(&e, "subject", d.Subject)
		d.validateVariables(&e, "message", d.Message)
	}
	return e.finish()
}

// serviceNumbers lists the types and subtypes of the services.
const serviceNumbers = "0 with 2 (UPLINK) or 3 (BIDIR), 1 with 0 (STATUS), 4 (ACKNOWLEDGE), 5 (REPEATER) or 6 (DATA_ADVANCED), or 2 (ERROR)"

// ValidateDefinitions checks the callbacks of one device type: each by itself, and that
// at most one of them is asked for downlinks. Several callbacks for one service are
// allowed. The fields of its errors start with the index: "[2].url".
func ValidateDefinitions(list []Definition) error {
	var all DefinitionError
	hooks := 0
	for i := range list {
		if err, ok := errors.AsType[*DefinitionError](list[i].Validate()); ok {
			for _, p := range err.Errors {
				p.Field = fmt.Sprintf("[%d].%s", i, p.Field)
				all.Errors = append(all.Errors, p)
			}
		}
		if list[i].DownlinkHook {
			if hooks++; hooks > 1 {
				all.addf(fmt.Sprintf("[%d].downlinkHook", i), "another callback carries downlinks already")
			}
		}
	}
	return all.finish()
}

// validateChannel refuses the members of other channels.
func (d *Definition) validateChannel(e *DefinitionError) {
	url, batch, email := d.Channel == ChannelURL, d.Channel == ChannelBatchURL, d.Channel == ChannelEmail
	if !url && !batch && !email {
		e.addf("channel", "%q is not URL, BATCH_URL or EMAIL", d.Channel)
		return
	}
	for _, member := range []struct {
		field   string
		present bool
		allowed bool
	}{
		{"url", d.URL != "", url || batch},
		{"httpMethod", d.Method != "", url || batch},
		{"headers", len(d.Headers) > 0, url},
		{"bodyTemplate", d.BodyTemplate != "", url},
		{"linePattern", d.LinePattern != "", batch},
		{"recipient", d.Recipient != "", email},
		{"subject", d.Subject != "", email},
		{"message", d.Message != "", email},
	} {
		if member.present && !member.allowed {
			e.addf(member.field, "not for the channel %s", d.Channel)
		}
	}
}

// validateURL checks address, method and headers.
func (d *Definition) validateURL(e *DefinitionError, c *compiled) {
	switch d.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut:
	case "":
		e.add("httpMethod", "required")
	default:
		e.addf("httpMethod", "%q is not GET, POST or PUT", d.Method)
	}
	if d.URL == "" {
		e.add("url", "required")
	} else if c.url != nil {
		if problem := addressProblem(strings.Trim(d.URL, " ")); problem != "" {
			e.add("url", problem)
		}
	}
	d.validateVariables(e, "url", d.URL)
	seen := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !wire.IsToken(name):
			e.addf("headers", "%q is not the name of a header", name)
		case slices.Contains(standardHeaders[:], canonical):
			e.addf("headers", "%s is a standard header; only Authorization can be set", canonical)
		case seen[canonical]:
			e.addf("headers", "%s is given twice", canonical)
		case canonical == "Authorization" && c.user != nil:
			e.add("headers", "Authorization is given beside user and password in the url")
		}
		seen[canonical] = true
		d.validateVariables(e, "headers", d.Headers[name])
	}
}

// validateBody checks body and content type of the channel URL.
func (d *Definition) validateBody(e *DefinitionError) {
	d.validateVariables(e, "bodyTemplate", d.BodyTemplate)
	if d.Method == http.MethodGet && d.BodyTemplate != "" {
		e.add("bodyTemplate", "GET has no body")
	}
	if d.Service == ServiceDataAdvanced && (d.bodyFormat() != FormatJSON || d.BodyTemplate == "") {
		e.add("bodyTemplate", "SERVICE/DATA_ADVANCED needs a JSON body")
	}
	switch d.ContentType {
	case "", typeForm, typeJSON, typeText:
	default:
		e.addf("contentType", "%q is not %s, %s or %s", d.ContentType, typeForm, typeJSON, typeText)
	}
	if d.BodyTemplate == "" || d.Method == http.MethodGet {
		return
	}
	if d.bodyFormat() == FormatJSON {
		// Every name may stand for a value here; which do is told above.
		all, err := template.Parse(d.BodyTemplate, template.Options{Place: template.JSON})
		if err == nil {
			err = all.ValidJSON()
		}
		if err != nil {
			e.add("bodyTemplate", err.Error())
		}
	} else if d.ContentType == "" || d.ContentType == typeForm {
		if pair := notForm(d.BodyTemplate); pair != "" {
			e.addf("bodyTemplate", "%.64q is not key=value", pair)
		}
	}
}

// validateBatch checks what is special to the channel BATCH_URL.
func (d *Definition) validateBatch(e *DefinitionError, c *compiled) {
	if d.LinePattern == "" {
		e.add("linePattern", "required")
	}
	d.validateVariables(e, "linePattern", d.LinePattern)
	if c.line != nil {
		if err := c.line.Matchable(); err != nil {
			e.add("linePattern", err.Error())
		}
	}
}

// addressProblem tells why a URL template cannot be sent to, "" if it can: it has to start
// with http or https and a host, and what is percent-encoded in it must be.
func addressProblem(address string) string {
	scheme, _, _ := strings.Cut(address, "://")
	u, err := url.Parse(address)
	if bad, ok := errors.AsType[url.EscapeError](err); ok {
		return bad.Error()
	}
	if err != nil || u.Hostname() == "" || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "not an absolute http or https URL"
	}
	return ""
}

// standardHeaders cannot be set, as far as requests have them.
var standardHeaders = [...]string{
	"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges", "Access-Control-Request-Headers",
	"Access-Control-Request-Method", "Cache-Control", "Connection", "Content-Encoding", "Content-Length",
	"Content-Type", "Cookie", "Date", "Expect", "Forwarded", "From", "Host", "If-Match", "If-Modified-Since",
	"If-None-Match", "If-Range", "If-Unmodified-Since", "Keep-Alive", "Max-Forwards", "Origin", "Pragma",
	"Proxy-Authorization", "Range", "Referer", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "Via",
	"Warning",
}
