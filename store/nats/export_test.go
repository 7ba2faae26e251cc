package nats

// What the tests look into.
var (
	Older    = older
	Escape   = escape
	Unescape = unescape
)
