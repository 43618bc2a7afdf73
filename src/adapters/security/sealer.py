"""Sealing what must be kept readable for us alone, and the keys an installation derives from its one secret."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


class NotSealedByThisKey(ValueError):
    """A text was changed after it was sealed, was sealed under another secret, or was never sealed."""


def derive_key(secret: str, purpose: str) -> bytes:
    """A key for one purpose, of which neither the secret nor the key of another purpose can be found out.

    Args:
        secret: The installation's secret. It is not stretched: it must be random, not a phrase.
        purpose: What the key is for, such as `fingerprint` or `webhook fake`.

    Returns:
        32 bytes, the same ones each time.

    Raises:
        ValueError: The secret is empty.
    """
    if not secret:
        raise ValueError("the secret key is empty")
    info = f"platform-core {purpose}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret.encode())


class FernetSealer:
    """Text encrypted and signed by Fernet under a key derived from the installation's secret.

    Args:
        secret_key: The installation's secret.

    Raises:
        ValueError: The secret is empty.
    """

    def __init__(self, secret_key: str) -> None:
        self._fernet = Fernet(urlsafe_b64encode(derive_key(secret_key, "seal")))

    def seal(self, text: str) -> str:
        """The text, unreadable without the key; another one each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, text: str) -> str:
        """The text again.

        Raises:
            NotSealedByThisKey: It was changed, or sealed by somebody else.
        """
        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            raise NotSealedByThisKey("this was not sealed with the present secret key") from None
