package callback_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
)

func TestFieldError(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 20)
	body := `{"device":"A"}` + "\n" + `{"device":"1","rssi":"` + long + `x"}`
	_, err := callback.ParseBody[callback.Uplink]("application/json", []byte(body))
	f, ok := errors.AsType[*callback.FieldError](err)
	require.True(t, ok)
	require.Equal(t, callback.DataUplink, f.Service)
	require.Equal(t, 2, f.Line)
	require.Equal(t, "rssi", f.Field)
	require.Equal(t, long[:64], f.Value)
	require.Equal(t, strings.Index(body, `"0123`), f.Offset)
	require.Error(t, f.Err)
	require.ErrorIs(t, err, f.Err)

	_, err = callback.ParseBody[callback.Repeater]("", []byte("device=x"))
	p, ok := errors.AsType[*sigfox.ParseError](err)
	require.True(t, ok)
	require.Equal(t, "x", p.Text)
	f, ok = errors.AsType[*callback.FieldError](err)
	require.True(t, ok)
	require.Equal(t, callback.FieldError{Service: callback.ServiceRepeater, Field: "device", Value: "x", Offset: 7, Err: p}, *f)

	_, err = callback.ParseBody[callback.Status]("", []byte(`{"device":"1","temp":[]}`))
	require.ErrorIs(t, err, callback.ErrComposite)
	_, err = callback.ParseBody[callback.Status]("", []byte(`{"device":"1","seqNumber":-7}`))
	require.ErrorIs(t, err, callback.ErrRange)
}

func TestSyntaxError(t *testing.T) {
	t.Parallel()
	_, err := callback.ParseBody[callback.Geoloc]("", []byte(`{"device";`))
	s, ok := errors.AsType[*callback.SyntaxError](err)
	require.True(t, ok)
	require.Equal(t, callback.SyntaxError{Service: callback.ServiceGeoloc, Offset: 9, Msg: "colon expected"}, *s)
	require.EqualError(t, err, "callback: SERVICE/GEOLOC: colon expected at offset 9")
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want int
	}{
		{callback.ErrUnverified, http.StatusUnauthorized},
		{callback.ErrMethod, http.StatusMethodNotAllowed},
		{callback.ErrTooLarge, http.StatusRequestEntityTooLarge},
		{callback.ErrContentType, http.StatusUnsupportedMediaType},
		{callback.ErrSlow, http.StatusRequestTimeout},
		{callback.ErrRead, http.StatusBadRequest},
		{callback.ErrOverloaded, http.StatusServiceUnavailable},
		{callback.ErrTimeout, http.StatusServiceUnavailable},
		{context.DeadlineExceeded, http.StatusServiceUnavailable},
		{&callback.FieldError{Err: callback.ErrMissing}, http.StatusBadRequest},
		{&callback.SyntaxError{}, http.StatusBadRequest},
		{errors.New("disk full"), http.StatusInternalServerError},
		{errors.Join(errors.New("disk full"), callback.ErrOverloaded), http.StatusServiceUnavailable},
	} {
		require.Equal(t, tt.want, callback.StatusOf(tt.err), tt.err)
		require.Equal(t, tt.want, callback.StatusOf(fmt.Errorf("wrapped: %w", tt.err)), tt.err)
	}
}
