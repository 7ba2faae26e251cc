package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	client "github.com/nats-io/nats.go"
)

// checkSync warns of servers that may acknowledge before their disks have it. An
// ordinary account is not told how servers sync: only the system account is.
func (s *Store) checkSync(ctx context.Context) error {
	if s.options.System == nil {
		if !s.options.AcceptLazySync {
			s.warn("it cannot be known whether the servers have sync_interval: always; set Options.System or AcceptLazySync")
		}
		return nil
	}
	lazy, err := s.lazyServers(ctx)
	if err != nil {
		return failure("ask the system account how servers sync", err)
	}
	s.lazy, s.synced = len(lazy) > 0, len(lazy) == 0
	if s.lazy && !s.options.AcceptLazySync {
		s.warn("servers without sync_interval: always: " + strings.Join(lazy, ", "))
	}
	return nil
}

// lazyServers asks all servers with JetStream, and names those that do not sync always.
func (s *Store) lazyServers(ctx context.Context) (lazy []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	inbox := s.options.System.NewInbox()
	sub, err := s.options.System.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection's end otherwise
	if err := s.options.System.PublishRequest("$SYS.REQ.SERVER.PING.JSZ", inbox, nil); err != nil {
		return nil, err
	}
	for answers, size := 0, 1; answers < size; {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("%d of %d servers have answered: %w", answers, size, err)
		}
		var a jetStreamStatus
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return nil, err
		}
		if m.Header.Get("Status") != "" || a.Server.Name == "" {
			return nil, errors.Join(client.ErrNoResponders, errors.New("not a connection to the system account"))
		}
		if a.Data.Disabled {
			continue
		}
		answers++
		if a.Data.Meta != nil {
			size = max(size, a.Data.Meta.Size)
		}
		if !a.Data.Config.SyncAlways {
			lazy = append(lazy, a.Server.Name)
		}
	}
	slices.Sort(lazy)
	return lazy, nil
}

// jetStreamStatus is the part of a server's answer that is needed.
type jetStreamStatus struct {
	Server struct {
		Name string `json:"name"`
	} `json:"server"`
	Data struct {
		Disabled bool `json:"disabled"`
		Config   struct {
			SyncAlways bool `json:"sync_always"`
		} `json:"config"`
		Meta *struct {
			Size int `json:"cluster_size"`
		} `json:"meta_cluster"`
	} `json:"data"`
}
