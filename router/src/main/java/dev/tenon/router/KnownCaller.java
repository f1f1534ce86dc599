package dev.tenon.router;

import dev.tenon.core.CallPath;
import dev.tenon.core.Caller;
import dev.tenon.core.Identity;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * A caller on one connection or channel, with what its identity is called and what its earlier
 * calls found out. Thread-safe.
 */
final class KnownCaller {
  /** How many paths are known at once; when another comes, all are looked at anew. */
  static final int MAX_SITES = 64;

  private final Identity identity;
  private final String actor;
  private final String account;
  private final ConcurrentMap<String, CallSite> sites = new ConcurrentHashMap<>();

  /** Made when first asked for; whoever comes at the same time makes an equal one. */
  private @Nullable String counted;

  /** As {@code counted}. */
  private @Nullable String stamp;

  /** As {@code counted}. */
  private @Nullable List<HeaderField> stamps;

  /** As {@code counted}, but not immutable for those who see it half made. */
  private volatile @Nullable Context context;

  /** As {@code context}; nobody writes into it. */
  private volatile @Nullable Metadata metadata;

  /** The deadline of a call that it made, with the context of that. */
  private volatile @Nullable Timed timed;

  /** A deadline, and the context in which a service sees it and who calls. */
  private record Timed(Deadline deadline, Context context) {
    @SuppressWarnings("ReferenceEquality") // cheaper, and another costs no more than a context
    boolean isOf(Deadline asked) {
      return deadline == asked;
    }
  }

  KnownCaller(Identity identity) {
    this.identity = identity;
    this.actor = identity.actor();
    this.account = identity.account();
  }

  Identity identity() {
    return identity;
  }

  /** Returns {@link Identity#actor}. */
  String actor() {
    return actor;
  }

  /** Returns {@link Identity#account}. */
  String account() {
    return account;
  }

  /** Returns as what its calls are counted: another host's all as that host's. */
  String counted() {
    String made = counted;
    if (made == null) {
      made = identity.isBehindOtherHost() ? account : identity.name();
      counted = made;
    }
    return made;
  }

  /** Returns the value of {@code tenon-caller}. */
  String stamp() {
    String made = stamp;
    if (made == null) {
      made = identity.id().toString();
      stamp = made;
    }
    return made;
  }

  /** Returns the context in which a service of the own host sees who calls. */
  Context context() {
    Context made = context;
    if (made == null) {
      made = new Caller(identity.id()).in(Context.ROOT);
      context = made;
    }
    return made;
  }

  /**
   * Returns the same context with {@code deadline}, about which it does nothing when that is over;
   * calls that share a deadline share it.
   */
  Context context(Deadline deadline) {
    Timed last = timed;
    if (last == null || !last.isOf(deadline)) {
      last = new Timed(deadline, context().withDeadline(deadline, NoTimer.INSTANCE));
      timed = last;
    }
    return last.context;
  }

  /** Returns {@link #stamp} as metadata, which is not to be changed. */
  Metadata metadata() {
    Metadata made = metadata;
    if (made == null) {
      made = MetadataRules.stamp(stamp());
      metadata = made;
    }
    return made;
  }

  /** Returns {@code tenon-caller} as a field; for one loop alone. */
  List<HeaderField> stamps() {
    List<HeaderField> made = stamps;
    if (made == null) {
      made = List.of(HeaderField.of(MetadataRules.CALLER.name(), stamp(), Indexing.INDEXED));
      stamps = made;
    }
    return made;
  }

  /**
   * Returns its way to {@code path}, which has its first slash.
   *
   * @throws IllegalArgumentException if it is not the path of a call
   */
  CallSite atPath(String path) {
    CallSite known = path.startsWith("/") ? sites.get(path) : null;
    return known == null ? added(path, CallPath.parse(path)) : known;
  }

  /**
   * Returns its way to the method of this full name.
   *
   * @throws IllegalArgumentException if it is none
   */
  CallSite atMethod(String fullMethodName) {
    CallSite known = fullMethodName.startsWith("/") ? null : sites.get(fullMethodName);
    return known == null ? added(fullMethodName, CallPath.ofFullMethodName(fullMethodName)) : known;
  }

  /** Returns how many paths are known. */
  int sites() {
    return sites.size();
  }

  private CallSite added(String text, CallPath path) {
    if (sites.size() >= MAX_SITES) {
      sites.clear();
    }
    CallSite made = new CallSite(path);
    sites.put(text, made);
    return made;
  }
}
