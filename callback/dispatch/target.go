package dispatch

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox/callback"
)

// Target is a place that callbacks are sent to: the definition of a callback with
// what the sender adds to it. It is immutable and safe for concurrent use. Targets
// with the same ID share a queue, its limits and its health; to change one, make
// another with its ID and send the next requests there.
type Target struct {
	options  TargetOptions
	compiled *callback.Compiled
	address  atomic.Pointer[address]
	header   atomic.Pointer[fixedHeader]
}

// TargetOptions configure a Target. A zero field stands for its default, which for
// most is what Options says.
type TargetOptions struct {
	// ID names the target in logs, hooks and metrics. Default: the ID of the
	// definition. One of the two is required.
	ID string
	// Definition says what is sent, and how. It need not be valid for the cloud, but
	// must compile.
	Definition callback.Definition
	// OwnerID is the device type or, for EVENT, the group that the callback belongs to:
	// 24 hex digits.
	OwnerID string
	// Connector adapts the target to a platform. Default: a plain HTTP endpoint.
	Connector *Connector
	// Signer signs each request. Default: the one of Connector, else none.
	Signer Signer
	// ClientCertificate is shown to servers that ask for one. Default: none.
	ClientCertificate *tls.Certificate
	// RootCAs are the authorities that the server's certificate must chain to.
	// Default: those of the system.
	RootCAs *x509.CertPool
	// Retry says when a failed request is sent again. Default: Options.Retry.
	Retry *RetryPolicy
	// Timeout limits an attempt, from the lookup of the name to the last byte of the
	// answer. Default: Options.Timeout.
	Timeout time.Duration
	// QueueSize is how many messages may wait, those included that wait for another
	// attempt or are under way. Default: Options.QueueSize.
	QueueSize int
	// Concurrency is how many requests may be under way at once. A change counts once
	// nothing waits. Default: Options.Concurrency.
	Concurrency int
	// Rate is how many requests a second are sent, in bursts of Burst. Default:
	// Options.Rate and Options.Burst.
	Rate float64
	// Burst goes with Rate. Default: the larger of Rate and 1.
	Burst int
}

// NewTarget compiles the definition. The error wraps a *callback.DefinitionError if
// it cannot be rendered, and otherwise names the option.
func NewTarget(o TargetOptions) (*Target, error) {
	o.ID = cmp.Or(o.ID, o.Definition.ID)
	if o.ID == "" {
		return nil, errors.New("dispatch: TargetOptions.ID is empty")
	}
	err := checkSettings(
		setting{"TargetOptions.Timeout", float64(o.Timeout)},
		setting{"TargetOptions.QueueSize", float64(o.QueueSize)},
		setting{"TargetOptions.Concurrency", float64(o.Concurrency)},
		setting{"TargetOptions.Rate", float64(o.Rate)},
		setting{"TargetOptions.Burst", float64(o.Burst)},
	)
	if err == nil && o.Retry != nil {
		err = o.Retry.validate()
	}
	if err != nil {
		return nil, err
	}
	if err := o.Connector.check(&o.Definition); err != nil {
		return nil, err
	}
	if o.Connector != nil && o.Signer == nil {
		o.Signer = o.Connector.Signer
	}
	compiled, err := o.Definition.Compile()
	if err != nil {
		return nil, fmt.Errorf("dispatch: target %s: %w", o.ID, err)
	}
	return &Target{options: o, compiled: compiled}, nil
}

// ID returns the name of the target.
func (t *Target) ID() string { return t.options.ID }

// OwnerID returns the device type or group that the callback belongs to.
func (t *Target) OwnerID() string { return t.options.OwnerID }

// Definition returns the definition that the target was made from.
func (t *Target) Definition() callback.Definition { return t.options.Definition }

// Service returns what the callback reports.
func (t *Target) Service() callback.Service { return t.options.Definition.Service }

func (t *Target) isBatch() bool { return t.options.Definition.Channel == callback.ChannelBatchURL }

// Connector adapts targets to platforms that need more than a plain request to the
// customer, such as AWS IoT or Azure IoT Hub: which services they take, which addresses
// are theirs, and how requests are signed. Source:
// https://support.sigfox.com/docs/callbacks-documentation
type Connector struct {
	// Name is the name of the platform, such as "AWS_IOT".
	Name string
	// Services are what the platform takes. Empty: all.
	Services []callback.Service
	// CheckURL refuses addresses that are not of the platform. It is given the URL of
	// the definition, in which variables may stand. Default: all are allowed.
	CheckURL func(*url.URL) error
	// Signer signs the requests. Default: none.
	Signer Signer
}

// check reports whether the platform takes what the definition sends.
func (c *Connector) check(d *callback.Definition) error {
	if c == nil {
		return nil
	}
	if len(c.Services) > 0 && !slices.Contains(c.Services, d.Service) {
		return fmt.Errorf("dispatch: connector %s does not take %v", c.Name, d.Service)
	}
	if c.CheckURL == nil {
		return nil
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return fmt.Errorf("dispatch: connector %s: the URL cannot be parsed", c.Name)
	}
	if err := c.CheckURL(u); err != nil {
		return fmt.Errorf("dispatch: connector %s: %w", c.Name, err)
	}
	return nil
}

// Signer signs a request before it is sent, by setting headers or the query. It is
// called for each attempt, so that time stamps are fresh, and may be called
// concurrently. An error ends the attempt with ReasonSign; its text gets into records
// and logs.
type Signer interface {
	// Sign signs r, whose body is body. id is the same for all attempts of a request;
	// now is the time of the attempt.
	Sign(r *http.Request, body []byte, id string, now time.Time) error
}
