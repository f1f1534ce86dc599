"""What proves who a run is: key, certificates and token; how it gets them and keeps them fresh."""

import datetime
import hashlib
import threading
import time
from dataclasses import dataclass, field

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bootstrap import target

CALL_SECONDS = 10


@dataclass(frozen=True)
class Identity:
    """One key, its chain and the token that goes with it; all secrets stay out of its text."""

    key: bytes = field(repr=False)
    chain: bytes = field(repr=False)
    bundle: bytes = field(repr=False)
    token: str = field(repr=False)
    half_life: float
    ends: float

    def bearer(self):
        """Returns the metadata of a call."""
        return (("authorization", "Bearer " + self.token),)

    def client(self):
        """Returns the credentials of a new connection to the host."""
        return grpc.ssl_channel_credentials(self.bundle, self.key, self.chain)

    def server(self):
        """Returns the credentials of the plugin's own server for one new connection."""
        return grpc.ssl_server_certificate_configuration([(self.key, self.chain)], self.bundle)


class Current:
    """The identity in use, and whether the host still takes it. Thread-safe."""

    def __init__(self):
        self._changed = threading.Condition()
        self._identity = None
        self._refused = None
        self._asked = False

    def __call__(self):
        return self._identity

    def adopt(self, identity):
        """Takes the one of an enrolment, whatever was before."""
        with self._changed:
            self._take(identity, asked=False)

    def succeed(self, identity, successor):
        """Takes the one of a renewal, unless an enrolment came before it: that made it useless."""
        with self._changed:
            if identity is self._identity:
                self._take(successor, asked=identity is self._refused)

    def _take(self, identity, asked):
        self._identity = identity
        self._asked = asked
        self._changed.notify_all()

    def accept(self, identity):
        """Notes that the host took `identity`."""
        with self._changed:
            if identity is self._identity:
                self._asked = False

    def refuse(self, identity):
        """Notes that the host did not take `identity`. Returns whether a renewal may help: it did not come of one."""
        with self._changed:
            if identity is not self._identity:
                return True
            if self._asked:
                return False
            self._refused = identity
            self._changed.notify_all()
            return True

    def await_due(self, identity):
        """Waits until `identity` is half worn, refused or replaced; returns whether it is still the one in use."""
        with self._changed:
            self._changed.wait_for(
                lambda: identity is self._refused or identity is not self._identity, identity.half_life
            )
            return identity is self._identity

    def await_other(self, identity, seconds=None):
        """Waits until `identity` is replaced, or for `seconds`; returns whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: identity is not self._identity, seconds)


def connect(address, credentials, server_name):
    """Returns a channel that checks the host's name and never goes idle by itself."""
    options = (
        ("grpc.ssl_target_name_override", server_name),
        ("grpc.client_idle_timeout_ms", 2**31 - 1),
        ("grpc.enable_retries", 0),
        ("grpc.use_local_subchannel_pool", 1),
    )
    return grpc.secure_channel(target(address), credentials, options)


def call(channel, path, request, response_class, seconds=CALL_SECONDS, metadata=()):
    """Makes a unary call. grpc.RpcError if it fails."""
    method = channel.unary_unary(
        path, request_serializer=type(request).SerializeToString, response_deserializer=response_class.FromString
    )
    return method(request, timeout=seconds, metadata=metadata)


class Issuing:
    """Gets identities from the host, by enrolment and by renewal."""

    def __init__(self, messages, version, provides):
        self._messages = messages
        self._version = version
        self._provides = provides
        self._spent = set()

    def enrol(self, bootstrap):
        """Spends the token of `bootstrap`: once, whatever comes of it."""
        self.spend(bootstrap.enrolment_token)
        key = ec.generate_private_key(ec.SECP256R1())
        request = self._messages.of("tenon.v1.EnrolRequest")(
            enrolment_token=bootstrap.enrolment_token,
            plugin=bootstrap.plugin,
            runtime_id=bootstrap.runtime_id,
            version=self._version,
            certificate_request=_certificate_request(key),
            provides=self._provides,
        )
        request.protocol.min = request.protocol.max = 1
        trust = grpc.ssl_channel_credentials(bootstrap.trust_bundle.encode())
        with connect(bootstrap.enrol, trust, bootstrap.server_name) as channel:
            answer = call(
                channel, "/tenon.v1.Enrolment/Enrol", request, self._messages.of("tenon.v1.EnrolResponse")
            )
        if answer.spiffe_id != bootstrap.spiffe_id:
            raise ValueError(f"spiffe_id: {answer.spiffe_id} (expected: {bootstrap.spiffe_id})")
        return _identity(key, answer)

    def spend(self, token):
        """Notes that a token is shown to the host. ValueError the second time: the host would end the plugin."""
        digest = hashlib.sha256(token.encode()).digest()
        if digest in self._spent:
            raise ValueError("enrolment_token: used before (expected: a fresh one)")
        self._spent.add(digest)

    def renewal(self, bootstrap, identity):
        """Returns a function that asks for the successor of `identity`, each time with the same new key."""
        key = ec.generate_private_key(ec.SECP256R1())
        request = self._messages.of("tenon.v1.RenewRequest")(certificate_request=_certificate_request(key))

        def renew():
            with connect(bootstrap.control, identity.client(), bootstrap.server_name) as channel:
                response_class = self._messages.of("tenon.v1.RenewResponse")
                return _identity(key, call(channel, "/tenon.v1.Renewal/Renew", request, response_class))

        return renew


def _certificate_request(key):
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.DER)


def _identity(key, answer):
    leaf = x509.load_der_x509_certificate(answer.certificate_chain[0])
    if leaf.public_key().public_numbers() != key.public_key().public_numbers():
        raise ValueError("certificate_chain: of another key (expected: of the request's)")
    return Identity(
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        chain=_pem(answer.certificate_chain),
        bundle=_pem(answer.trust_bundle),
        token=answer.runtime_token,
        half_life=max(1.0, (answer.token_expires.seconds - time.time()) / 2),
        ends=leaf.not_valid_after.replace(tzinfo=datetime.timezone.utc).timestamp(),
    )


def _pem(certificates):
    return b"".join(
        x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM) for der in certificates
    )
