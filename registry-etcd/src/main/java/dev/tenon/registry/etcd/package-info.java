/**
 * The registrations of several hosts, shared through etcd.
 *
 * <p>Unsupported outside Tenon but for {@link dev.tenon.registry.etcd.EtcdStore} and {@link
 * dev.tenon.registry.etcd.EtcdSettings}, which a host is given.
 */
@NullMarked
package dev.tenon.registry.etcd;

import org.jspecify.annotations.NullMarked;
