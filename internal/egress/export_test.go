package egress

const (
	MaxTransports = maxTransports
	MaxPermitted  = maxPermitted
)

// Permitted returns how many endpoints are remembered.
func (c *Client) Permitted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.permitted)
}
