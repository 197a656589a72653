// Says whose connection it is that a service of `make services` has accepted.
package khabar;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

public final class Peer {
  private Peer() {}

  /**
   * Whether a connection to `here` comes from a process of this user, or of root, on this machine: Linux says who owns
   * it. Both ends count: a port may belong to several users, whose connections lead elsewhere.
   */
  public static boolean isTrusted(SocketAddress peer, SocketAddress here) {
    if (!(peer instanceof InetSocketAddress) || !(here instanceof InetSocketAddress)) {
      return false;
    }
    String from = String.format(":%04X", ((InetSocketAddress) peer).getPort());
    String to = String.format(":%04X", ((InetSocketAddress) here).getPort());
    boolean found = false;
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      try {
        for (String line : Files.readAllLines(Path.of(table), StandardCharsets.US_ASCII)) {
          String[] fields = line.trim().split("\\s+");
          if (fields.length > 7 && fields[1].endsWith(from) && fields[2].endsWith(to)) {
            int owner = Integer.parseInt(fields[7]);
            // One that is being closed belongs to nobody any more: the kernel gives it to root.
            if (!fields[3].equals("01") || (owner != 0 && owner != own())) {
              return false;
            }
            found = true;
          }
        }
      } catch (IOException error) {
        continue; // without IPv6 there is no second table
      }
    }
    return found;
  }

  private static int own() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException error) {
      return -1;
    }
  }
}
