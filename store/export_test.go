package store

// SeenState reads what a Seen has stored of a message.
var SeenState = seenState
