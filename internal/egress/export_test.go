package egress

const MaxTransports = maxTransports
