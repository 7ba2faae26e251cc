package sigfox

// MessageKey tells one message from all others. The sequence number alone does
// not: it comes round again, after a day for a busy device with a short
// rollover, and starts anew when a device is flashed.
type MessageKey struct {
	Device DeviceID
	// Time is the time of the message in Unix seconds, as the cloud gives it.
	Time int64
	// Seq is NoSeqNumber for a message without sequence number.
	Seq SeqNumber
}
