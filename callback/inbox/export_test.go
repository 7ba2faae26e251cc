package inbox

// Reread reads what is stored of a message, writes it and reads that.
func Reread[M Message](data []byte) (first, second M, err error) {
	r, err := read[M](data)
	if err != nil {
		return first, second, err
	}
	again, err := r.encode()
	if err != nil {
		return first, second, err
	}
	s, err := read[M](again)
	return r.Message, s.Message, err
}
