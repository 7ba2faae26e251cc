// Package egress is the HTTP client of a sender whose URLs are written by others:
// it may be pointed at any server, and no server can make it do harm.
//
//   - Addresses that are loopback, private, link-local, multicast, of a cloud's
//     metadata service or otherwise not of the public Internet are refused when the
//     connection is made, so that a name which changes its address gains nothing.
//   - Redirects are answers, and are not followed. No proxy is used but the one of
//     Options, whatever the environment says.
//   - Headers and bodies of answers are limited, and compressed bodies are left out;
//     a connection with more to say is closed.
//   - Certificates are always verified, of TLS 1.2 at least.
//   - The context of a request ends all of it, the body of the answer included. Only a
//     connection that is being made may go on for the next request, 20 s at most.
//   - Requests with the same Profile share connections, which are limited in number.
//   - Every error has a Reason, and a text without user, password, values of the
//     query, headers or bodies.
//
// Do not use it for URLs of one's own, which may well be private.
//
// A Client is safe for concurrent use.
package egress
