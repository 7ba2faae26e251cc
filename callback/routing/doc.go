// Package routing keeps the configuration of a Sigfox Cloud: device types with
// their callbacks, groups with their event callbacks, and the type of each device.
// It answers, for each message, where it goes.
//
//	message of a device -> Route(device, service)  -> targets of its device type
//	event of a group    -> RouteEvent(group)       -> targets of the group and its ancestors
//
// It is for teams that send callbacks as the Sigfox Cloud does, with package
// dispatch. A receiver of callbacks does not need it. Nor does a sender with a fixed
// list of targets, for which a slice is enough.
//
// # Which callbacks
//
// A callback is used while it is enabled. All callbacks of a service get each
// message, in the order in which they were added. That holds for DATA/BIDIR as well:
// each is sent the message, but only the answer of the selected one can be a
// downlink, and only while the device type is in the mode DownlinkCallback: see
// View.Hook. A new callback is not selected until SelectDownlink says so.
//
// An event goes to the group of the device type that it is about and to all groups
// above it, the nearest first, so whoever runs a tree of groups can listen at its
// root. The network also documents events of device types and of single devices; here
// they go to the callbacks of the group.
//
// # Guarantees
//
// A Registry is safe for concurrent use. Each change is atomic: a reader sees a
// device type or a group as it was before the change or as it is after it, never in
// between, and a View does not change at all. Route, View, RouteEvent and Allow
// allocate nothing (RouteEvent in trees of up to 16 levels). A device takes about 20
// bytes, and about 100 more if it has a name, a position or a zone. The package starts
// no goroutines, reads no clock and has nothing to close. Registrations are kept in
// memory only, and the caller has to bound their number.
//
// Sources: https://support.sigfox.com/docs/callbacks-documentation and the API v2
// document, https://support.sigfox.com/apidocs.
package routing
