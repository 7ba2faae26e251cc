package event

// ParseInput reads the events of a request.
var ParseInput = parse
