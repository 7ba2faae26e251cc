// Package connector_test has a dispatch.Connector for a real platform, AWS IoT, and
// shows that what the dispatcher sends through it passes the platform's checks.
package connector_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// awsIoT returns the connector for the HTTPS endpoint of AWS IoT, where messages are
// published by POST https://ENDPOINT-ats.iot.REGION.amazonaws.com/topics/TOPIC?qos=1.
// Source: https://docs.aws.amazon.com/iot/latest/developerguide/http.html
func awsIoT(region string, credentials aws.CredentialsProvider) *dispatch.Connector {
	return &dispatch.Connector{
		Name: "AWS_IOT",
		// Connectors are one-way: no BIDIR.
		Services: []callback.Service{callback.DataUplink, callback.ServiceDataAdvanced},
		CheckURL: func(u *url.URL) error { return checkAWSIoT(u, region) },
		Signer:   &sigV4{signer: v4.NewSigner(), region: region, service: "iotdata", credentials: credentials},
	}
}

func checkAWSIoT(u *url.URL, region string) error {
	name, ok := strings.CutSuffix(u.Host, ".iot."+region+".amazonaws.com")
	switch {
	case u.Scheme != "https":
		return errors.New("not https")
	case u.User != nil:
		return errors.New("user in the URL")
	case !ok || name == "":
		return errors.New("not an endpoint of AWS IoT in " + region)
	case !strings.HasPrefix(u.Path, "/topics/"):
		return errors.New("no topic")
	}
	return nil
}

// sigV4 signs requests to a service of AWS.
type sigV4 struct {
	signer          *v4.Signer
	region, service string
	credentials     aws.CredentialsProvider
}

// Sign implements dispatch.Signer.
func (s *sigV4) Sign(r *http.Request, body []byte, _ string, now time.Time) error {
	credentials, err := s.credentials.Retrieve(r.Context())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return s.signer.SignHTTP(r.Context(), credentials, r, hex.EncodeToString(sum[:]), s.service, s.region, now)
}
