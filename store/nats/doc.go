// Package nats is a store on NATS JetStream: several processes on several machines share
// it, and it survives the loss of each. The same code runs against one server or a
// cluster. With three replicas, an acknowledged item or value is on a majority of them.
//
//	conn, err := client.Connect("tls://a,tls://b,tls://c", client.MaxReconnects(-1), client.UserCredentials("user.creds"))
//	s, err := nats.Open(ctx, conn, nats.Options{})
//
// Here client is github.com/nats-io/nats.go. The connection is the caller's, with its TLS,
// credentials and reconnects. Servers of version 2.12 or later are needed; the package is
// tested with 2.15.2. Package natstest runs real servers in a test; it alone imports
// nats-server.
//
// # What is stored where
//
// Let P be Options.Prefix. A queue N is the stream P_queue_N, whose messages have the
// subjects P.queue.N.item.<id> and P.queue.N.dead.<id>. A table N is the key-value bucket
// P_N, which is the stream KV_P_N with the subjects $KV.P_N.<key>, and can be read with
// `nats kv`. Each stream keeps one message per subject: the item or value itself. The
// metadata of a stream has a version, and a stream that a later version of this package
// has written is refused. `nats stream backup` makes a copy while everything runs. After
// restoring a copy, restart the processes, as they remember sequences.
//
// A user needs permission to publish on $JS.API.>, on P.queue.> and, for each table N, on
// $KV.P_N.>, and to subscribe to _INBOX.>.
//
// # How queues work
//
// A queue is not a work-queue stream with a consumer. Each operation on an item replaces
// its message, on condition that the current one has the expected sequence. Put expects
// none, so an ID is in the queue once for as long as it is there, and not only within a
// deduplication window. Claim, Save, Extend and Bury expect the one they have seen, so
// there is one holder. Putting several items, and moving one to the dead, use atomic
// batches. Done leaves a mark for half a minute. The stream's leader keeps this one rule
// and its majority confirms it. It replaces acknowledgements, redelivery timers, limits of
// pending acknowledgements and scheduled messages, which is where JetStream has a record
// of lost or stuck messages (nats-server issues 5612, 6374, 7680, 7817 and 8423). Reads go
// to the leader, since those of replicas may be old (issue 4710).
//
// A process that claims, waits or counts follows the stream, without the data, to know
// what is due. It hears of 100 000 items in about a second. Each process counts a lease
// from when it hears of it, so no clocks are compared. Other processes may see a lease last
// longer than its holder does, by as long as the news travels, or start anew after a
// restart, but never end sooner. The clocks of those who put and claim an item decide when
// it is due. When several processes claim at the same time, they pass over each other's
// items, and the order is lost to that degree.
//
// # sync_interval
//
// Set `sync_interval: always` in the jetstream block of every server. By default, servers
// acknowledge up to two minutes before the data is on their disks, and machines that lose
// power together lose what was acknowledged. An ordinary account is not told how servers
// sync, so Open warns that it cannot know. With Options.System, a connection to the system
// account, it asks all servers, and Durability says what is true. In a cluster of three
// servers, two are enough to go on. With one, everything is unavailable until there are
// two again, and nothing is lost.
//
// # Traps
//
//   - Times to live of values are whole seconds, rounded up, and end by the servers'
//     clocks, about a second later.
//   - An error that wraps store.ErrUnavailable may come after the servers have done what
//     was asked. Put, Done and Delete can be repeated. After a Create or Update, read the
//     value. After a Claim, the item comes back when its lease ends.
//   - A message has at most the servers' max_payload, 1 MB by default, headers included.
//   - Set limits in Options: a stream that has limits of its own is refused. The processes
//     that put enforce them, not the servers, as a full stream would refuse claims as well,
//     and could not be worked off. Keep MaxBytes well below what the servers may store.
//   - With MaxItems, processes that only put follow the stream too.
//   - On a single server that syncs always, a Put of n items syncs 2n times; on a cluster,
//     once or twice.
//
// # Guarantees
//
// Everything is safe for concurrent use. Operations wait for the servers for at most
// Options.Timeout, across changes of leaders and lost connections, and go on by themselves
// when the servers are back. A server that is cut off from the others does not tell its
// clients. When an operation has waited in vain and nothing was written meanwhile, the
// store moves the connection to the next server, and with it all other users of that
// connection, so give it the addresses of all servers. Each queue that is followed has one
// goroutine, which Close ends.
package nats
