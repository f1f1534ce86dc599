package dev.tenon.registry.etcd;

/** Something that etcd was asked did not happen, or nobody knows whether it did. */
final class EtcdFailedException extends Exception {
  private static final long serialVersionUID = 1;

  EtcdFailedException(String message) {
    super(message);
  }

  EtcdFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
