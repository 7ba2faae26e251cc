package connector_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

const region = "eu-west-1"

// keys are the credentials of a role, as those that a customer grants to the cloud.
var keys = aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG", SessionToken: "FwoGZXIvYXdzE+/=="}

type provider func() (aws.Credentials, error)

// Retrieve implements aws.CredentialsProvider.
func (p provider) Retrieve(context.Context) (aws.Credentials, error) { return p() }

func granted() (aws.Credentials, error) { return keys, nil }

func newBroker() *broker {
	return &broker{verifier: verifier{
		keyID: keys.AccessKeyID, secret: keys.SecretAccessKey, token: keys.SessionToken, region: region, service: "iotdata",
	}}
}

func definition() callback.Definition {
	return callback.Definition{
		ID: "64f1c2d0a7b8e94f3a5d6c7b", Channel: callback.ChannelURL, Service: callback.DataUplink, Method: http.MethodPost,
		URL: "https://" + endpoint + "/topics/sigfox%2F{device}?qos=1", ContentType: "application/json",
		Headers:      map[string]string{"X-Amz-Mqtt5-Content-Type": "  application/json   for {device} "},
		BodyTemplate: `{"device":"{device}","data":"{data}","time":{time}}`,
	}
}

func newTarget(t *testing.T, c *dispatch.Connector, d callback.Definition) *dispatch.Target {
	t.Helper()
	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: d, Connector: c})
	require.NoError(t, err)
	return target
}

func uplink(t *testing.T, target *dispatch.Target) dispatch.Request {
	t.Helper()
	payload, err := sigfox.ParsePayload("c0ffee")
	require.NoError(t, err)
	r, err := dispatch.NewRequest(target, callback.Uplink{Device: 0x2f3a4b, Time: time.Unix(1546929254, 0), Data: payload})
	require.NoError(t, err)
	return r
}

const body = `{"device":"2F3A4B","data":"c0ffee","time":1546929254}`

// TestPublish sends over real sockets.
func TestPublish(t *testing.T) {
	t.Parallel()
	b := newBroker()
	d, err := dispatch.New(dispatch.Options{Transport: serve(t, b, newLoopback(t))})
	require.NoError(t, err)
	result, err := d.Send(t.Context(), uplink(t, newTarget(t, awsIoT(region, provider(granted)), definition())))
	require.NoError(t, err)
	require.JSONEq(t, `{"message":"OK"}`, string(result.Answer))
	require.Len(t, b.taken, 1)
	require.Equal(t, "/topics/sigfox/2F3A4B", b.taken[0].topic)
	require.Equal(t, "1", b.taken[0].qos)
	require.Equal(t, body, b.taken[0].body)
	require.WithinDuration(t, time.Now(), b.taken[0].date, time.Minute)
}

// TestRetry shows that each attempt is signed anew, for its own time: a signature
// counts for five minutes, and the last attempt is seven minutes after the first.
func TestRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBroker()
		b.failures = 3
		d, err := dispatch.New(dispatch.Options{Transport: serve(t, b, newPipes())})
		require.NoError(t, err)
		accepted := time.Now()
		result, err := d.Send(t.Context(), uplink(t, newTarget(t, awsIoT(region, provider(granted)), definition())))
		require.NoError(t, err)
		require.Len(t, result.Attempts, 4)
		require.Equal(t, []error{nil, nil, nil, nil}, b.requests)
		require.True(t, accepted.Add(7*time.Minute).Equal(b.taken[0].date), b.taken[0].date)
		require.Equal(t, body, b.taken[0].body)
	})
}

// TestRotation shows that a retry uses the credentials of its time.
func TestRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBroker()
		calls := 0
		expired := provider(func() (aws.Credentials, error) {
			calls++
			switch calls {
			case 1:
				return aws.Credentials{}, errors.New("the role cannot be assumed")
			case 2:
				return aws.Credentials{AccessKeyID: "ASIAOLD", SecretAccessKey: "old", SessionToken: keys.SessionToken}, nil
			default:
				return keys, nil
			}
		})
		d, err := dispatch.New(dispatch.Options{Transport: serve(t, b, newPipes())})
		require.NoError(t, err)
		result, err := d.Send(t.Context(), uplink(t, newTarget(t, awsIoT(region, expired), definition())))
		require.NoError(t, err)
		require.Len(t, result.Attempts, 3)
		require.Equal(t, dispatch.ReasonSign, result.Attempts[0].Reason)
		require.Contains(t, result.Attempts[0].Error, "the role cannot be assumed")
		require.Zero(t, result.Attempts[0].Status)
		require.Equal(t, http.StatusForbidden, result.Attempts[1].Status)
		require.Len(t, b.requests, 2)
		require.EqualError(t, b.requests[0], `credential "ASIAOLD/20000101/eu-west-1/iotdata/aws4_request"`)
		require.NoError(t, b.requests[1])
	})
}

// TestUnsigned shows that the server takes nothing that was not signed, or signed for
// another region.
func TestUnsigned(t *testing.T) {
	t.Parallel()
	for name, connector := range map[string]*dispatch.Connector{
		"wrong signature": awsIoT(region, provider(func() (aws.Credentials, error) {
			other := keys
			other.SecretAccessKey = "other"
			return other, nil
		})),
		"not signed": nil,
		`credential "ASIAEXAMPLE/20000101/us-east-1/iotdata/aws4_request"`: {
			Signer: awsIoT("us-east-1", provider(granted)).Signer,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBroker()
			d, err := dispatch.New(dispatch.Options{Transport: serve(t, b, newPipes()), Retry: &dispatch.RetryPolicy{}})
			require.NoError(t, err)
			result, err := d.Send(t.Context(), uplink(t, newTarget(t, connector, definition())))
			require.Error(t, err)
			require.Equal(t, http.StatusForbidden, result.Attempts[0].Status)
			require.Len(t, b.requests, 1)
			require.EqualError(t, b.requests[0], name)
		})
	}
}

// TestRefused shows which services and addresses the connector takes.
func TestRefused(t *testing.T) {
	t.Parallel()
	const prefix = "dispatch: connector AWS_IOT"
	c := awsIoT(region, provider(granted))
	for _, s := range callback.Services() {
		d := definition()
		d.Service = s
		_, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: d, Connector: c})
		if s == callback.DataUplink || s == callback.ServiceDataAdvanced {
			require.NoError(t, err, s)
		} else {
			require.EqualError(t, err, prefix+" does not take "+s.String())
		}
	}
	for url, want := range map[string]string{
		"http://" + endpoint + "/topics/a":                                 ": not https",
		"https://key:secret@" + endpoint + "/topics/a":                     ": user in the URL",
		"https://example.com/topics/a":                                     ": not an endpoint of AWS IoT in eu-west-1",
		"https://a1b2c3-ats.iot.eu-west-1.amazonaws.com.example.com/t":     ": not an endpoint of AWS IoT in eu-west-1",
		"https://a1b2c3-ats.iot.us-east-1.amazonaws.com/topics/a":          ": not an endpoint of AWS IoT in eu-west-1",
		"https://.iot.eu-west-1.amazonaws.com/topics/a":                    ": not an endpoint of AWS IoT in eu-west-1",
		"https://" + endpoint + ":22/topics/a":                             ": not an endpoint of AWS IoT in eu-west-1",
		"https://169.254.169.254/latest/meta-data":                         ": not an endpoint of AWS IoT in eu-west-1",
		"https://" + endpoint + "/things/a/shadow":                         ": no topic",
		"https://{device}.iot.eu-west-1.amazonaws.com/topics/a?secret=abc": ": the URL cannot be parsed",
	} {
		d := definition()
		d.URL = url
		_, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: d, Connector: c})
		require.EqualError(t, err, prefix+want, url)
	}
}
