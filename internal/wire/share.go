package wire

// minShared is how many bytes outside of the body may be read for the messages of any
// request: those of a usual URL for some thousands of them.
const minShared = 1 << 20

// SharedBudget returns how many bytes outside of the body may be read for all the messages
// of a request together. The query, and what a definition has in path and headers, belong to
// each message in the body, which keeps them: without a bound, a request would take memory
// with the square of its length.
func SharedBudget(outside int, body []byte) int { return max(minShared, 4*(outside+len(body))) }
