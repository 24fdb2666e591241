import base64, hashlib, hmac, time

def is_from_herald(secret: str, headers: dict, body: bytes) -> bool:
    """`body` is the request's body as it came, not parsed."""
    msg_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{msg_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest("v1," + expected, signature)
        for signature in headers["webhook-signature"].split(" ")
    )
