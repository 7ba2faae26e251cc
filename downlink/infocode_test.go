package downlink_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/downlink"
)

func TestInfoCode(t *testing.T) {
	t.Parallel()
	for number, tt := range []struct {
		code            downlink.InfoCode
		name            string
		message         string
		sent, retryable bool
	}{
		{downlink.Acked, "ACKED", "Acked", true, false},
		{downlink.NoAnswer, "NO_ANSWER", "No answer", false, true},
		{downlink.InvalidPayload, "INVALID_PAYLOAD", "Invalid payload", false, false},
		{downlink.OverrunError, "OVERRUN_ERROR", "Overrun error", false, true},
		{downlink.NetworkError, "NETWORK_ERROR", "Network error", false, true},
		{downlink.Pending, "PENDING", "Pending", false, true},
		{downlink.NoDownlinkContract, "NO_DOWNLINK_CONTRACT", "No downlink contract", false, false},
		{downlink.TooManyRequests, "TOO_MANY_REQUESTS", "Too many requests", false, true},
		{downlink.InvalidConfiguration, "INVALID_CONFIGURATION", "Invalid configuration", false, false},
		{9, "9", "9", false, true},
	} {
		require.EqualValues(t, number, tt.code)
		require.Equal(t, tt.name, tt.code.String())
		require.Equal(t, tt.message, tt.code.Message())
		require.Equal(t, tt.sent, tt.code.Sent(), tt.name)
		require.Equal(t, tt.retryable, tt.code.Retryable(), tt.name)
		require.Equal(t, number < 9, tt.code.Known(), tt.name)
	}
}

func TestInfoCodeJSON(t *testing.T) {
	t.Parallel()
	for _, code := range []downlink.InfoCode{downlink.Acked, downlink.InvalidConfiguration, 255} {
		b, err := json.Marshal(code)
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(int(code)), string(b))
		var back downlink.InfoCode
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, code, back)
	}
}
