package wire

// minQueries is how many bytes of queries may be read for the messages of any request: that
// of a usual URL for some thousands of them.
const minQueries = 1 << 20

// QueryBudget returns how many bytes of a query may be read for all the messages of a
// request together. The parameters of a query are those of each message in the body, which
// keeps them: without a bound, a request would take memory with the square of its length.
func QueryBudget(query string, body []byte) int { return max(minQueries, 4*(len(query)+len(body))) }
