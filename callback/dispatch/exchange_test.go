package dispatch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// attemptOnce sends a request to a target once, and returns the record.
func attemptOnce(t *testing.T, o dispatch.Options, to dispatch.TargetOptions) (dispatch.Attempt, *dispatch.Result) {
	t.Helper()
	o.Retry = &dispatch.RetryPolicy{}
	target := newTarget(t, to)
	r, err := dispatch.NewRequest(target, uplink(0x2c30ea, 7))
	require.NoError(t, err)
	r.ID = "message-1"
	result, err := newDispatcher(t, o).Send(t.Context(), r)
	require.NotNil(t, result, err)
	require.Len(t, result.Attempts, 1)
	require.Equal(t, result.Delivered, err == nil)
	return result.Attempts[0], result
}

func TestAttempt_request(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(204))
		attemptOnce(t, dispatch.Options{Transport: s, IDHeader: "webhook-id", UserAgent: "cloud/1"}, dispatch.TargetOptions{
			ID: "a", Definition: callback.Definition{
				Method: http.MethodPost, URL: "http://me:secret@a/x?id={device}", ContentType: "application/json",
				Headers: map[string]string{"X-Seq": "{seqNumber}"}, BodyTemplate: `{"seq": {seqNumber}}`,
			},
		})
		require.Equal(t, []call{{Target: "a", Path: "/x?id=2C30EA", Body: `{"seq": 7}`, Header: http.Header{
			"Authorization": {"Basic bWU6c2VjcmV0"},
			"Content-Type":  {"application/json"},
			"User-Agent":    {"cloud/1"},
			"Webhook-Id":    {"message-1"},
			"X-Seq":         {"7"},
		}}}, s.seen())
	})
}

func TestAttempt_reasons(t *testing.T) {
	t.Parallel()
	broken := func(int, call, *http.Request) (*http.Response, error) { return nil, errors.New("EOF of token=12") }
	for name, tt := range map[string]struct {
		answer answerFunc
		url    string
		signer dispatch.Signer
		want   dispatch.Attempt
	}{
		"success": {answer: always(201), want: dispatch.Attempt{Status: 201}},
		"status": {
			answer: always(418), want: dispatch.Attempt{Status: 418, Reason: dispatch.ReasonStatus, Error: "status 418 I'm a teapot"},
		},
		"unknown status": {
			answer: always(599), want: dispatch.Attempt{Status: 599, Reason: dispatch.ReasonStatus, Error: "status 599"},
		},
		"redirect": {
			answer: func(int, call, *http.Request) (*http.Response, error) {
				return response(307, "", "Location", "http://b/"), nil
			},
			want: dispatch.Attempt{Status: 307, Reason: dispatch.ReasonRedirect, Error: "status 307 Temporary Redirect"},
		},
		"signer": {
			answer: always(200), signer: signerFunc(func(*http.Request) error { return errors.New("no key") }),
			want: dispatch.Attempt{Reason: dispatch.ReasonSign, Error: "no key"},
		},
		"signer that panics": {
			answer: always(200), signer: signerFunc(func(*http.Request) error { panic("no key") }),
			want: dispatch.Attempt{Reason: dispatch.ReasonSign, Error: "panic: no key"},
		},
		"signer whose error has no text": {
			answer: always(200), signer: signerFunc(func(*http.Request) error { return (*callback.FieldError)(nil) }),
			want: dispatch.Attempt{
				Reason: dispatch.ReasonSign, Error: "panic: runtime error: invalid memory address or nil pointer dereference",
			},
		},
		"URL": {
			answer: always(200), url: "http://a:b/",
			want: dispatch.Attempt{Reason: dispatch.ReasonRequest, Error: "the URL or the method is invalid"},
		},
		"transport that panics": {
			answer: func(int, call, *http.Request) (*http.Response, error) { panic("broken") },
			want:   dispatch.Attempt{Reason: dispatch.ReasonProtocol, Error: "panic: broken"},
		},
		"timeout": {
			answer: hang, want: dispatch.Attempt{Reason: dispatch.ReasonTimeout, Duration: 10 * time.Second},
		},
		"no answer": {answer: broken, want: dispatch.Attempt{Reason: dispatch.ReasonProtocol}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				url := tt.url
				if url == "" {
					url = "http://a/"
				}
				s := newServer(tt.answer)
				a, _ := attemptOnce(t, dispatch.Options{Transport: s}, dispatch.TargetOptions{
					ID: "a", Signer: tt.signer, Definition: callback.Definition{URL: url},
				})
				require.Equal(t, tt.want.Status, a.Status)
				require.Equal(t, tt.want.Reason, a.Reason)
				require.Equal(t, tt.want.Duration, a.Duration)
				if tt.want.Error != "" {
					require.Equal(t, tt.want.Error, strings.TrimSpace(a.Error))
				}
				require.Equal(t, a.OK(), a.Error == "")
				require.LessOrEqual(t, len(s.seen()), 1, "redirects are not followed")
			})
		})
	}
}

// Neither user and password nor values of the query get into records and logs.
func TestAttempt_secrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newServer(func(int, call, *http.Request) (*http.Response, error) { return nil, errors.New("refused") })
		a, _ := attemptOnce(t, dispatch.Options{
			Transport: s, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}, dispatch.TargetOptions{ID: "a", Definition: callback.Definition{
			URL: "http://me:hunter2@a/{device}?token=hunter2", Headers: map[string]string{"Authorization": "hunter2"},
		}})
		require.Equal(t, "http://a/2C30EA?token=xxxxx", a.URL)
		require.NotContains(t, a.Error, "hunter2")
		require.NotContains(t, log.String(), "hunter2")
		require.Contains(t, log.String(), "level=WARN msg=\"callback failed\" target=a service=DATA/UPLINK id=message-1 "+
			"device=2C30EA attempt=1 duration=0s url=\"http://a/2C30EA?token=xxxxx\" reason=")
		require.Contains(t, log.String(), "level=ERROR msg=\"callback dropped\" target=a service=DATA/UPLINK id=message-1 "+
			"device=2C30EA cause=attempts attempts=1")
		require.Contains(t, log.String(), "level=INFO msg=\"target health changed\" target=a state=degraded reason=")
	})
}

func TestAttempt_logSuccess(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]int{slog.LevelDebug: 1, slog.LevelInfo: 0} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			attemptOnce(t, dispatch.Options{
				Transport: newServer(always(200)), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level})),
			}, dispatch.TargetOptions{ID: "a"})
			require.Equal(t, want, strings.Count(log.String(), "\n"), log.String())
		})
	}
}

// An answer is limited for the caller, and more so in the record.
func TestAttempt_answer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(int, call, *http.Request) (*http.Response, error) {
			return response(200, strings.Repeat("x", 1<<20)), nil
		})
		a, result := attemptOnce(t, dispatch.Options{Transport: s}, dispatch.TargetOptions{ID: "a"})
		require.Len(t, a.Answer, 1<<10)
		require.Len(t, result.Answer, 64<<10)
		require.True(t, a.OK())
		a, result = attemptOnce(t, dispatch.Options{Transport: s, AnswerBytes: 3, MaxAnswer: 5}, dispatch.TargetOptions{ID: "a"})
		require.Equal(t, "xxx", string(a.Answer))
		require.Equal(t, "xxxxx", string(result.Answer))
	})
}

// signerFunc signs by a function of the request alone.
type signerFunc func(r *http.Request) error

// Sign implements dispatch.Signer.
func (f signerFunc) Sign(r *http.Request, _ []byte, _ string, _ time.Time) error { return f(r) }

// stamp signs with all it is given.
type stamp struct{}

// Sign implements dispatch.Signer.
func (stamp) Sign(r *http.Request, body []byte, id string, now time.Time) error {
	r.Header.Set("X-Signature", id+" "+now.Format(time.TimeOnly)+" "+string(body)+" "+r.Header.Get("X-Trace"))
	return nil
}

// A request is signed anew in each attempt, after the hook has set its headers.
// What a signer does to the URL is for one attempt, and messages go to the URL that is
// their own.
func TestAttempt_address(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			return response(500-300*(n%2), ""), nil // each second one succeeds at once
		})
		d := newDispatcher(t, dispatch.Options{Transport: s})
		for _, address := range []string{"http://a:80/fixed?k=1", "http://a:80/{device}"} {
			target := newTarget(t, dispatch.TargetOptions{
				ID: address, Signer: signQuery{}, Definition: callback.Definition{Method: http.MethodGet, URL: address},
			})
			for device := range 3 {
				_, err := d.Send(t.Context(), request(t, target, sigfox.DeviceID(device+1), 1))
				require.NoError(t, err)
			}
		}
		var paths []string
		for _, c := range s.seen() {
			require.Equal(t, "a:80", c.Target)
			paths = append(paths, c.Path)
		}
		fixed := "/fixed?k=1&signed"
		require.Equal(t, []string{
			fixed, fixed, fixed, fixed, fixed, "/1?&signed", "/1?&signed", "/2?&signed", "/2?&signed", "/3?&signed", "/3?&signed",
		}, paths)
	})
}

// Package http can send a body once more, on another connection, in the first request
// to an address and in those after it.
func TestAttempt_body(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, want := range map[string]string{"some": "2C30EA", "none": ""} {
			s := newServer(func(_ int, c call, r *http.Request) (*http.Response, error) {
				require.Equal(t, want, c.Body)
				require.EqualValues(t, len(want), r.ContentLength)
				require.Equal(t, want == "", r.Body == http.NoBody)
				again, err := r.GetBody()
				require.NoError(t, err)
				body, err := io.ReadAll(again)
				require.NoError(t, err)
				require.Equal(t, want, string(body))
				return response(200, ""), nil
			})
			d := newDispatcher(t, dispatch.Options{Transport: s})
			target := newTarget(t, dispatch.TargetOptions{ID: name, Definition: callback.Definition{
				Method: http.MethodPost, URL: "http://a/", ContentType: "text/plain",
				BodyTemplate: map[bool]string{true: "", false: "{device}"}[want == ""],
			}})
			for range 3 {
				_, err := d.Send(t.Context(), request(t, target, 0x2c30ea, 1))
				require.NoError(t, err)
			}
			require.Len(t, s.seen(), 3)
		}
	})
}

// signQuery is a signer that adds to the query.
type signQuery struct{}

// Sign implements dispatch.Signer.
func (signQuery) Sign(r *http.Request, _ []byte, _ string, _ time.Time) error {
	r.URL.RawQuery += "&signed"
	return nil
}

func TestAttempt_sign(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			return response(500-300*(n/2), ""), nil
		})
		d := newDispatcher(t, dispatch.Options{Transport: s, Hooks: dispatch.Hooks{
			BeforeAttempt: func(ctx context.Context, a dispatch.AttemptStart) context.Context {
				a.Header.Set("X-Trace", strings.Repeat("t", a.Number))
				return ctx
			},
		}})
		target := newTarget(t, dispatch.TargetOptions{
			ID: "a", Connector: &dispatch.Connector{Name: "platform", Signer: stamp{}},
			Definition: callback.Definition{Method: http.MethodPost, URL: "http://a/", ContentType: "text/plain", BodyTemplate: "hi"},
		})
		r := request(t, target, 1, 1)
		r.ID = "m1"
		_, err := d.Send(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, "m1 00:00:00 hi t", s.seen()[0].Header.Get("X-Signature"))
		require.Equal(t, "m1 00:01:00 hi tt", s.seen()[1].Header.Get("X-Signature"))
	})
}

// mailerFunc is a mailer.
type mailerFunc func(ctx context.Context, m callback.Mail) error

// Send implements dispatch.Mailer.
func (f mailerFunc) Send(ctx context.Context, m callback.Mail) error { return f(ctx, m) }

// mailTarget returns a target that sends e-mails.
func mailTarget(t testing.TB) *dispatch.Target {
	t.Helper()
	return newTarget(t, dispatch.TargetOptions{ID: "mail", Definition: callback.Definition{
		Channel: callback.ChannelEmail, Recipient: "me@example.com", Subject: "from {device}", Message: "seq {seqNumber}",
	}})
}

// refusal is the error of a mailer.
type refusal struct{ temporary bool }

// Error implements error.
func (refusal) Error() string { return "refused" }

// Temporary tells whether it is to be tried again.
func (r refusal) Temporary() bool { return r.temporary }

// What a mail server has refused for good is not sent again by StandardWebhooks, but is
// by SigfoxCloud.
func TestMail_permanent(t *testing.T) {
	t.Parallel()
	standard, cloud := dispatch.StandardWebhooks(), dispatch.SigfoxCloud()
	for name, tt := range map[string]struct {
		policy    *dispatch.RetryPolicy
		err       error
		permanent bool
		attempts  int
	}{
		"permanent":            {&standard, fmt.Errorf("wrapped: %w", refusal{}), true, 1},
		"temporary":            {&standard, refusal{temporary: true}, false, 10},
		"says nothing":         {&standard, errors.New("broken"), false, 10},
		"network":              {&standard, &net.OpError{Op: "dial", Err: errors.New("refused")}, false, 10},
		"permanent, as before": {&cloud, refusal{}, true, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatcher(t, dispatch.Options{
					Retry:  tt.policy,
					Mailer: mailerFunc(func(context.Context, callback.Mail) error { return tt.err }),
				})
				result, err := d.Send(t.Context(), request(t, mailTarget(t), 1, 2))
				require.Error(t, err)
				require.Len(t, result.Attempts, tt.attempts)
				require.Equal(t, dispatch.ReasonMail, result.Attempts[0].Reason)
				require.Equal(t, tt.permanent, result.Attempts[0].Permanent)
			})
		})
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		d := newDispatcher(t, dispatch.Options{Mailer: mailerFunc(func(ctx context.Context, m callback.Mail) error {
			require.Equal(t, callback.Mail{Recipient: "me@example.com", Subject: "from 1", Message: "seq 2"}, m)
			at = append(at, time.Since(start))
			switch len(at) {
			case 1:
				return errors.New("mailbox full")
			case 2:
				<-ctx.Done()
				return ctx.Err()
			case 3:
				panic("no server")
			}
			return nil
		})})
		stop := run(t, d)
		result, err := d.Send(t.Context(), request(t, mailTarget(t), 1, 2))
		require.NoError(t, err)
		require.NoError(t, d.Enqueue(t.Context(), request(t, mailTarget(t), 1, 2)))
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 60e9, 190e9, 430e9, 430e9}, at)
		var got []string
		for _, a := range result.Attempts {
			got = append(got, string(a.Reason)+" "+a.Error)
			require.Empty(t, a.URL)
		}
		require.Equal(t, []string{
			"mail mailbox full", "timeout context deadline exceeded", "mail panic: no server", " ",
		}, got)
		require.Equal(t, errStop, stop())
	})
}

func TestMail_errorWithoutText(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t, dispatch.Options{
		Retry:  &dispatch.RetryPolicy{},
		Mailer: mailerFunc(func(context.Context, callback.Mail) error { return (*callback.FieldError)(nil) }),
	})
	result, err := d.Send(t.Context(), request(t, mailTarget(t), 1, 2))
	require.Error(t, err)
	require.Equal(t, dispatch.ReasonMail, result.Attempts[0].Reason)
	require.Equal(t, "panic: runtime error: invalid memory address or nil pointer dereference", result.Attempts[0].Error)
}

func TestMail_canceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDispatcher(t, dispatch.Options{Timeout: time.Hour, Mailer: mailerFunc(func(ctx context.Context, _ callback.Mail) error {
			<-ctx.Done()
			return ctx.Err()
		})})
		stop := run(t, d)
		require.NoError(t, d.Enqueue(t.Context(), request(t, mailTarget(t), 1, 2)))
		sleep(time.Minute)
		e, ok := errors.AsType[*dispatch.DrainError](stop())
		require.True(t, ok)
		require.Equal(t, dispatch.ReasonCanceled, e.Deliveries[0].Attempts[0].Reason)
	})
}

func TestMail_noMailer(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t, dispatch.Options{})
	require.ErrorContains(t, d.Enqueue(t.Context(), request(t, mailTarget(t), 1, 2)), "Options.Mailer is nil")
}

// A request without ID is given one.
func TestEnqueue_id(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s, IDHeader: "Id"})
		r := request(t, plain(t, "a"), 1, sigfox.SeqNumber(1))
		r.ID = ""
		result, err := d.Send(t.Context(), r)
		require.NoError(t, err)
		require.NotEmpty(t, result.Request.ID)
		require.Equal(t, result.Request.ID, s.seen()[0].Header.Get("Id"))
	})
}
