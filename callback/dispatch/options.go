package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// Options configure a Dispatcher. A zero field stands for its default.
type Options struct {
	// Retry says when a failed request is sent again. Default: SigfoxCloud().
	Retry *RetryPolicy
	// Timeout limits an attempt, from the lookup of the name to the last byte of the
	// answer. Default: 10 s, as the Sigfox Cloud has it.
	Timeout time.Duration
	// DrainTimeout is how long attempts that are under way may go on when the context
	// of Run ends. Default: 10 s.
	DrainTimeout time.Duration
	// QueueSize is how many messages may wait for one target, those included that wait
	// for another attempt or are under way. Default: 10 000.
	QueueSize int
	// MaxPending is how many messages may wait for all targets. The last tenth is for
	// targets that keep up, for which fewer messages wait than 4 times their Concurrency.
	// So messages for many targets that hang do not keep others from being accepted.
	// Default: 1 000 000.
	MaxPending int
	// Concurrency is how many requests of Run to one target may be under way at once;
	// batches go one by one. Two messages of one device never are, so they arrive in order
	// unless one has to be sent again. Default: 4.
	Concurrency int
	// Rate is how many requests a second are sent to one target, retries included, in
	// bursts of Burst. Default: no limit.
	Rate float64
	// Burst goes with Rate. Default: the larger of Rate and 1.
	Burst int
	// Batch configures the channel BATCH_URL.
	Batch BatchOptions
	// Breaker says when a target is paused.
	Breaker BreakerOptions

	// AllowPrefixes are addresses that may be dialled although they are loopback,
	// private, link-local or otherwise not of the public Internet. Default: none.
	AllowPrefixes []netip.Prefix
	// Ports are the ports that may be dialled. Default: all.
	Ports []uint16
	// Transport replaces the transport that refuses forbidden addresses, for tests and
	// for those who guard elsewhere. It ignores Ports, AllowPrefixes, Proxy, and the
	// certificates of targets. Default: none.
	Transport http.RoundTripper
	// Proxy returns the proxy for a request. It takes over the duty to refuse
	// forbidden addresses. Default: none, whatever the environment says.
	Proxy func(*http.Request) (*url.URL, error)
	// MaxAnswer limits how much of an answer is read, in bytes. Default: 64 KiB.
	MaxAnswer int64
	// AnswerBytes is how much of it is kept in an Attempt. Default: 1 KiB.
	AnswerBytes int
	// UserAgent is the header User-Agent. Default: "sigfox-dispatch".
	UserAgent string
	// IDHeader is the name of a header that carries Request.ID, by which receivers can
	// recognise what is sent again. Default: none, as the Sigfox Cloud sends none.
	IDHeader string

	// Mailer sends the e-mails of the channel EMAIL. Default: none; such requests are
	// refused.
	Mailer Mailer
	// Journal keeps what Enqueue accepts beyond the life of the process. Default: none.
	Journal Journal
	// Hooks observe what happens.
	Hooks Hooks
	// Logger gets a line for each failed attempt, drop and change of health. Default:
	// none.
	Logger *slog.Logger
}

// BatchOptions configure the channel BATCH_URL.
type BatchOptions struct {
	// Interval is how long messages are collected. Default: 1 s.
	Interval time.Duration
	// MaxLines and MaxBytes limit one request; what goes beyond waits for the next
	// interval. Defaults: 1000 lines, 256 KiB.
	MaxLines, MaxBytes int
}

// BreakerOptions say when a target is paused: nothing is sent to it then, and what
// is to be sent waits. A probe is let through after each Pause; if it succeeds the
// target is healthy again.
type BreakerOptions struct {
	// Off never pauses a target.
	Off bool
	// Window is the time over which attempts are counted. Default: 5 m.
	Window time.Duration
	// MinRequests and FailureRatio pause a target when at least so many attempts
	// were counted, and this part of them failed. Defaults: 20, 0.7.
	MinRequests  int
	FailureRatio float64
	// Pause is the time between probes. Default: 1 m.
	Pause time.Duration
}

func (o *Options) withDefaults() {
	if o.Retry == nil {
		p := SigfoxCloud()
		o.Retry = &p
	}
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 10*time.Second)
	o.QueueSize = cmp.Or(o.QueueSize, 10_000)
	o.MaxPending = cmp.Or(o.MaxPending, 1_000_000)
	o.Concurrency = cmp.Or(o.Concurrency, 4)
	o.Batch.Interval = cmp.Or(o.Batch.Interval, time.Second)
	o.Batch.MaxLines = cmp.Or(o.Batch.MaxLines, 1000)
	o.Batch.MaxBytes = cmp.Or(o.Batch.MaxBytes, 256<<10)
	o.Breaker.Window = cmp.Or(o.Breaker.Window, 5*time.Minute)
	o.Breaker.MinRequests = cmp.Or(o.Breaker.MinRequests, 20)
	o.Breaker.FailureRatio = cmp.Or(o.Breaker.FailureRatio, 0.7)
	o.Breaker.Pause = cmp.Or(o.Breaker.Pause, time.Minute)
	o.MaxAnswer = cmp.Or(o.MaxAnswer, 64<<10)
	o.AnswerBytes = cmp.Or(o.AnswerBytes, 1<<10)
	o.UserAgent = cmp.Or(o.UserAgent, "sigfox-dispatch")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func (o *Options) validate() error {
	err := checkSettings(
		setting{"Options.Timeout", float64(o.Timeout)},
		setting{"Options.DrainTimeout", float64(o.DrainTimeout)},
		setting{"Options.QueueSize", float64(o.QueueSize)},
		setting{"Options.MaxPending", float64(o.MaxPending)},
		setting{"Options.Concurrency", float64(o.Concurrency)},
		setting{"Options.Rate", float64(o.Rate)},
		setting{"Options.Burst", float64(o.Burst)},
		setting{"Options.Batch.Interval", float64(o.Batch.Interval)},
		setting{"Options.Batch.MaxLines", float64(o.Batch.MaxLines)},
		setting{"Options.Batch.MaxBytes", float64(o.Batch.MaxBytes)},
		setting{"Options.Breaker.Window", float64(o.Breaker.Window)},
		setting{"Options.Breaker.MinRequests", float64(o.Breaker.MinRequests)},
		setting{"Options.Breaker.Pause", float64(o.Breaker.Pause)},
		setting{"Options.MaxAnswer", float64(o.MaxAnswer)},
		setting{"Options.AnswerBytes", float64(o.AnswerBytes)},
	)
	switch {
	case err != nil:
		return err
	case !(o.Breaker.FailureRatio > 0 && o.Breaker.FailureRatio <= 1):
		return errors.New("dispatch: Options.Breaker.FailureRatio is not above 0 and at most 1")
	case o.IDHeader != "" && !wire.IsToken(o.IDHeader):
		return fmt.Errorf("dispatch: Options.IDHeader %q is not the name of a header", o.IDHeader)
	case !wire.IsFieldValue(o.UserAgent):
		return fmt.Errorf("dispatch: Options.UserAgent %q cannot be the value of a header", o.UserAgent)
	}
	return o.Retry.validate()
}
