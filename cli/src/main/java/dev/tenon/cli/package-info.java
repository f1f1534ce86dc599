/**
 * The commands of an operator, against a running host: what it does, and acting on it. They know a
 * host by its administrator's file and by the contract alone.
 */
@NullMarked
package dev.tenon.cli;

import org.jspecify.annotations.NullMarked;
