package mail_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// TestDispatcher has the dispatcher render an e-mail and send it, the second time
// with success.
func TestDispatcher(t *testing.T) {
	t.Parallel()
	var commands atomic.Int32
	s := serve(t, serverOptions{refuse: func(command string) error {
		if command == "RCPT" && commands.Add(1) == 1 {
			return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "greylisted"}
		}
		return nil
	}})
	d, err := dispatch.New(dispatch.Options{
		Mailer: newMailer(t, s.options()),
		Retry:  &dispatch.RetryPolicy{Delays: []time.Duration{time.Millisecond}},
	})
	require.NoError(t, err)
	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: callback.Definition{
		ID: "64f1c2d0a7b8e94f3a5d6c7b", Channel: callback.ChannelEmail, Service: callback.DataUplink,
		Recipient: "ops@example.org", Subject: "Device {device}", Message: "{deviceTypeName} at {time}\n",
	}})
	require.NoError(t, err)
	r, err := dispatch.NewRequest(target, callback.Uplink{
		Device: 0x2f3a4b, Time: time.Unix(1546929254, 0), DeviceTypeName: "Zähler",
	})
	require.NoError(t, err)

	result, err := d.Send(t.Context(), r)
	require.NoError(t, err)
	require.Len(t, result.Attempts, 2)
	require.Equal(t, dispatch.ReasonMail, result.Attempts[0].Reason)
	require.Equal(t, "mail: the server answered 450 4.2.0 greylisted", result.Attempts[0].Error)
	require.Len(t, s.mails(), 1)
	require.Equal(t, "Device 2F3A4B", s.mails()[0].message.Header.Get("Subject"))
	require.Equal(t, "Zähler at 1546929254", s.mails()[0].body)
}

// TestDispatcherInjection shows that a variable brings no header into an e-mail.
func TestDispatcherInjection(t *testing.T) {
	t.Parallel()
	s := serve(t, serverOptions{})
	d, err := dispatch.New(dispatch.Options{Mailer: newMailer(t, s.options()), Retry: &dispatch.RetryPolicy{}})
	require.NoError(t, err)
	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: callback.Definition{
		ID: "64f1c2d0a7b8e94f3a5d6c7b", Channel: callback.ChannelEmail, Service: callback.DataUplink,
		Recipient: "ops@example.org", Subject: "{deviceTypeName}", Message: "text",
	}})
	require.NoError(t, err)
	r, err := dispatch.NewRequest(target, callback.Uplink{DeviceTypeName: "x\r\nBcc: evil@example.com"})
	if err == nil {
		_, err = d.Send(t.Context(), r)
	}
	require.Error(t, err)
	require.Empty(t, s.mails())
}
