// Package egress is an HTTP client for URLs that are written by others. It may be
// pointed at any server, and no server can make it do harm.
//
//   - Addresses that are loopback, private, link-local, multicast, of a cloud's
//     metadata service or otherwise not of the public Internet are refused when the
//     connection is made, so a name whose address changes gains nothing.
//   - Redirects are answers, and are not followed. No proxy is used but the one of
//     Options, whatever the environment says.
//   - Headers and bodies of answers are limited, and compressed bodies are left out.
//     A connection with more data to come is closed.
//   - Certificates are always verified, with TLS 1.2 or later.
//   - The context of a request ends all of it, the body of the answer included. Only a
//     connection that is being made may continue for the next request, for at most 20 s.
//   - Requests with the same Profile share connections, which are limited in number.
//   - Every error has a Reason, and a text without user, password, values of the
//     query, headers or bodies.
//
// Do not use it for your own URLs, which may well be private.
//
// A Client is safe for concurrent use.
package egress
