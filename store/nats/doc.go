// Package nats is a store on NATS JetStream: several processes on several machines share
// it, and it survives the loss of each. The same code runs against one server or a
// cluster; with three replicas an acknowledged item or value is on a majority of them.
//
//	conn, err := client.Connect("tls://a,tls://b,tls://c", client.MaxReconnects(-1), client.UserCredentials("user.creds"))
//	s, err := nats.Open(ctx, conn, nats.Options{})
//
// where client is github.com/nats-io/nats.go. The connection is the caller's, with its TLS, credentials and reconnects. Servers of
// version 2.12 or later are needed; the package is tested with 2.15.2. Package natstest
// runs real ones in a test; it alone imports nats-server.
//
// # What is stored where
//
// With P for Options.Prefix, a queue N is the stream P_queue_N, whose messages have the
// subjects P.queue.N.item.<id> and P.queue.N.dead.<id>; a table N is the key-value bucket
// P_N, which is the stream KV_P_N with the subjects $KV.P_N.<key>, and can be read with
// `nats kv`. Each stream keeps one message a subject: the item or value itself. Its
// metadata has a version, and a stream that a later version of this package has written
// is refused. `nats stream backup` makes a copy while everything runs. Start the
// processes anew after a copy was restored, as they remember sequences.
//
// A user needs to publish on $JS.API.>, on P.queue.> and, for each table N, on
// $KV.P_N.>, and to subscribe to _INBOX.>.
//
// # How queues work
//
// A queue is no work-queue stream with a consumer. Whatever happens to an item replaces
// its message, on condition that the one before has the sequence that is expected: Put
// expects none, so that an ID is in the queue once, for however long, and not only within
// a window of deduplication; Claim, Save, Extend and Bury expect the one they have seen,
// so that there is one holder. Several items are put, and one is moved to the dead, by
// atomic batches. Done leaves a mark for half a minute. This one rule, which the stream's
// leader keeps and its majority confirms, replaces acknowledgements, redelivery timers,
// limits of pending acknowledgements and scheduled messages, which is where JetStream's
// record has lost or stuck messages (nats-server issues 5612, 6374, 7680, 7817 and 8423).
// Reads go to the leader, since those of replicas may be old (issue 4710).
//
// A process that claims, waits or counts follows the stream, without the data, to know
// what is due: 100 000 items are heard in about a second. Leases are counted by each
// process from when it hears of them, so that no clocks are compared: others may see one
// last longer than its holder does, by as long as the news travels, or anew after a
// restart, and never shorter. When an item is due is by the clocks of those who put and
// claim it. When several processes claim at the same time, they pass over each other's
// items, and the order is lost to that degree.
//
// # sync_interval
//
// Set `sync_interval: always` in the jetstream block of every server. By default they
// acknowledge up to two minutes before their disks have it, and machines that lose power
// together lose what was acknowledged. An ordinary account is not told how servers sync,
// so Open warns that it cannot know; with Options.System, a connection to the system
// account, it asks all of them, and Durability says what is true. In a cluster, two of
// three servers are enough to go on, and one is not: everything is then unavailable until
// there are two, and nothing is lost.
//
// # Traps
//
//   - Times to live of values are whole seconds, rounded up, and end by the servers'
//     clocks, about a second later.
//   - An error that wraps store.ErrUnavailable may come after the servers have done what
//     was asked. Put, Done and Delete can be repeated. After a Create or Update read the
//     value. After a Claim the item comes back when its lease ends.
//   - A message has at most the servers' max_payload, 1 MB by default, headers included.
//   - Limits belong into Options: a stream that has some is refused. They are kept by
//     those who put, not by the servers, as a full stream would refuse claims as well, and
//     could not be worked off. Keep MaxBytes well below what the servers may store.
//   - With MaxItems, processes that only put follow the stream too.
//   - On a single server that syncs always, a Put of n items syncs 2n times; on a cluster,
//     once or twice.
//
// # Guarantees
//
// Everything is safe for concurrent use. Operations wait for the servers at most for
// Options.Timeout, over changes of leaders and lost connections, and go on by themselves
// when the servers are back. A server that is cut off from the others does not tell its
// clients: when an operation has waited in vain and nothing was written meanwhile, the
// store has the connection go to the next server, and its other users with it, so give it
// the addresses of all. Each queue that is followed has one goroutine, which Close
// ends.
package nats
