// Package signature signs callbacks and verifies signed ones by Standard Webhooks
// 1.0.0 (https://www.standardwebhooks.com). The Sigfox Cloud signs nothing: this is for
// teams that send callbacks to their own customers, and for those customers.
//
// A Signer sets three headers: webhook-id, the same for all attempts of a request;
// webhook-timestamp, the Unix seconds of the attempt; and webhook-signature, one
// signature for each key over id, timestamp and body. It is a dispatch.Signer. A
// Verifier is a callback.Verifier for Options.Verifier.
//
// # Keys
//
// A Key is read from the text in which keys are handed over:
//
//   - whsec_ and base64: a secret of 24 to 64 bytes that sender and receiver share, for
//     HMAC-SHA256 (version v1);
//   - whsk_ and base64: the private ed25519 key of the sender (version v1a);
//   - whpk_ and base64: the public key that belongs to it, for receivers.
//
// Each customer needs a key of their own. With ed25519 a customer cannot sign in the name
// of the sender; with HMAC they could.
//
// To change a key, give both the new and the old one to the Signer, which signs with both,
// until all receivers have the new one. Or give both to the Verifier first. The order
// does not matter, and no request is refused in between.
//
// # What is signed, and what is not
//
// Method, URL and headers are not signed. So a request without a body is neither signed
// nor accepted. One with a query is accepted only if VerifierOptions.AllowQuery says so,
// as handlers read from the query the variables that the body leaves out. Keep variables
// out of the path and the headers of a callback.Definition as well.
//
// A recorded request verifies again until its timestamp is too old. With
// callback.Options.Seen a handler runs once for each message, whose time, device and
// number the body holds: with a dedup.Seen, replays are answered but not handled. Events
// have no such key. Check their webhook-id where a second one would do harm.
//
// # When not to use it
//
// To receive from the Sigfox Cloud, use a secret: callback.BearerToken, callback.BasicAuth
// or callback.Header, with callback.Source.
//
// # Guarantees
//
// A Signer and a Verifier never change and are safe for concurrent use. Neither reads the
// clock. Keys print only as their kind; no error holds a key, an expected signature or
// the body. Signatures are compared in constant time. The work for a request is bounded:
// at most MaxSignatures are tried, each with each key. Accepting a request allocates
// nothing once the buffers have grown to the size of the bodies, for bodies of less than
// 64 KiB.
package signature
