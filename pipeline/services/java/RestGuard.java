// Flink's REST interface runs what it is sent (jars, serialised job graphs) for whoever reaches it, and knows no users. It
// asks the class path for handlers of its connections: this one closes those of other users of the machine.
package khabar;

import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;

public final class RestGuard implements InboundChannelHandlerFactory {
  @Override
  public int priority() {
    return Integer.MAX_VALUE;
  }

  @Override
  public Optional<ChannelHandler> createHandler(Configuration configuration, Map<String, String> headers) {
    return Optional.of(new Guard());
  }

  private static final class Guard extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
      if (Peer.isTrusted(context.channel().remoteAddress(), context.channel().localAddress())) {
        super.channelActive(context);
      } else {
        context.close(); // before anything of it is read
      }
    }
  }
}
