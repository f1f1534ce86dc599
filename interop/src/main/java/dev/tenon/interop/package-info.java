/** Plugins that carry the calls of gRPC's interoperability client to its server. */
@NullMarked
package dev.tenon.interop;

import org.jspecify.annotations.NullMarked;
