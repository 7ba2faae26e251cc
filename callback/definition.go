package callback

// Definition is a callback as it is configured in the cloud: the callbacks
// resource of API v2.
type Definition struct {
	Service Service
}
