/**
 * Rate limits: how often which peer may ask for what.
 *
 * <p>Unsupported outside Tenon, except for what a host is configured with: {@link
 * dev.tenon.auth.limit.RateLimiter}, {@link dev.tenon.auth.limit.Rates} and what they are made of.
 */
@NullMarked
package dev.tenon.auth.limit;

import org.jspecify.annotations.NullMarked;
