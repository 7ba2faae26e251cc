// Package store measures inbox and outbox against what their stores are made of: the same
// records given to bbolt and to JetStream without them. It is a module of its own.
package store
