import base64, time
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

def is_from_herald(public_key: str, headers: dict, body: bytes) -> bool:
    """`public_key` is whpk_…; `body` is the request's body as it came, not parsed."""
    msg_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > 300:
        return False
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    signed = f"{msg_id}.{timestamp}.".encode() + body
    for signature in headers["webhook-signature"].split(" "):
        if not signature.startswith("v1a,"):
            continue
        try:
            key.verify(base64.b64decode(signature[4:]), signed)
            return True
        except InvalidSignature:
            pass
    return False
