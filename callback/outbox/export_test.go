package outbox

import "github.com/go-sigfox/sigfox/callback/dispatch"

// Encode writes a delivery as it is stored.
func Encode(d *dispatch.Delivery) ([]byte, error) { return encode(d) }

// Decode reads a delivery to a target as it was stored.
func Decode(data []byte, t *dispatch.Target) (dispatch.Delivery, error) {
	rec, err := decode(data)
	if err != nil {
		return dispatch.Delivery{}, err
	}
	return rec.delivery(t), nil
}
