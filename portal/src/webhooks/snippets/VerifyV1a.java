import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.Function;

final class Verify {
  /** What comes before the 32 bytes of a key of Ed25519 (RFC 8410). */
  private static final byte[] PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  /** publicKey: whpk_…; body: the request's body as it came, not parsed. header: such as request::getHeader. */
  static boolean isFromHerald(String publicKey, Function<String, String> header, byte[] body) throws Exception {
    String id = header.apply("webhook-id");
    String timestamp = header.apply("webhook-timestamp");
    if (Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(timestamp)) > 300) return false;
    byte[] encoded = joined(PREFIX, Base64.getDecoder().decode(publicKey.replaceFirst("^whpk_", "")));
    PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    byte[] signed = joined((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8), body);
    for (String signature : header.apply("webhook-signature").split(" ")) {
      if (!signature.startsWith("v1a,")) continue;
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(signed);
      if (verifier.verify(Base64.getDecoder().decode(signature.substring(4)))) return true;
    }
    return false;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(first);
    all.writeBytes(second);
    return all.toByteArray();
  }
}
