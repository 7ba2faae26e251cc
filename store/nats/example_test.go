package nats_test

import (
	"context"
	"fmt"
	"os"
	"time"

	client "github.com/nats-io/nats.go"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	servers, err := natstest.Start(dir, 1, nil) // in place of your cluster
	if err != nil {
		fmt.Println(err)
		return
	}
	defer servers.StopAll()
	if err := outbox(servers.URL()); err != nil {
		fmt.Println(err)
	}
	// Output: 2C30EA-1503: temperature 21.5
}

// outbox puts what is to be sent, and sends it.
func outbox(url string) error {
	conn, err := client.Connect(url, client.MaxReconnects(-1))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx := context.Background()
	s, err := nats.Open(ctx, conn, nats.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := s.Queue(ctx, "outbox")
	if err != nil {
		return err
	}
	if err := q.Put(ctx, time.Now(), store.Item{ID: "2C30EA-1503", Data: []byte("temperature 21.5")}); err != nil {
		return err
	}
	claims, err := q.Claim(ctx, time.Now(), 10, time.Minute)
	if err != nil {
		return err
	}
	for _, c := range claims {
		fmt.Printf("%s: %s\n", c.ID, c.Data)
	}
	return q.Done(ctx, claims...)
}
