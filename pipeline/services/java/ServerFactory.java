// Takes the place of Beam's class of this name in the processes of `make services`: Beam's own binds every gRPC server
// (job service, artifacts, and what Flink's task managers open for their workers) to all addresses of the machine, and
// runs what it is sent. This one binds to the loopback interface, and refuses connections of other users.
package org.apache.beam.sdk.fn.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import khabar.Peer;
import org.apache.beam.model.pipeline.v1.Endpoints.ApiServiceDescriptor;
import org.apache.beam.sdk.fn.channel.SocketAddressFactory;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Attributes;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.BindableService;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Grpc;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Server;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.ServerInterceptors;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.ServerTransportFilter;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Status;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.netty.NettyServerBuilder;

public abstract class ServerFactory {
  public interface UrlFactory {
    String createUrl(String address, int port);
  }

  public static ServerFactory createDefault() {
    return new Loopback((host, port) -> "localhost:" + port, () -> 0);
  }

  public static ServerFactory createWithUrlFactory(UrlFactory urlFactory) {
    return new Loopback(urlFactory, () -> 0);
  }

  public static ServerFactory createWithPortSupplier(Supplier<Integer> portSupplier) {
    return new Loopback((host, port) -> "localhost:" + port, portSupplier);
  }

  public static ServerFactory createWithUrlFactoryAndPortSupplier(
      UrlFactory urlFactory, Supplier<Integer> portSupplier) {
    return new Loopback(urlFactory, portSupplier);
  }

  public abstract Server allocateAddressAndCreate(
      List<BindableService> services, ApiServiceDescriptor.Builder builder) throws IOException;

  public abstract Server create(List<BindableService> services, ApiServiceDescriptor descriptor)
      throws IOException;

  private static final class Loopback extends ServerFactory {
    private final UrlFactory urlFactory;
    private final Supplier<Integer> portSupplier;

    Loopback(UrlFactory urlFactory, Supplier<Integer> portSupplier) {
      this.urlFactory = urlFactory;
      this.portSupplier = portSupplier;
    }

    @Override
    public Server allocateAddressAndCreate(
        List<BindableService> services, ApiServiceDescriptor.Builder builder) throws IOException {
      Server server = start(services, portSupplier.get());
      builder.setUrl(urlFactory.createUrl("localhost", server.getPort()));
      return server;
    }

    @Override
    public Server create(List<BindableService> services, ApiServiceDescriptor descriptor)
        throws IOException {
      SocketAddress address = SocketAddressFactory.createFrom(descriptor.getUrl());
      return start(services, ((InetSocketAddress) address).getPort());
    }

    private static Server start(List<BindableService> services, int port) throws IOException {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(address)
              .maxInboundMessageSize(Integer.MAX_VALUE)
              .permitKeepAliveTime(20, TimeUnit.SECONDS)
              .addTransportFilter(new SameUser());
      for (BindableService service : services) {
        builder.addService(
            ServerInterceptors.intercept(service, GrpcContextHeaderAccessorProvider.interceptor()));
      }
      return builder.build().start();
    }
  }

  /** Lets in the processes of this user and of root. */
  private static final class SameUser extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      SocketAddress peer = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
      if (!Peer.isTrusted(peer, attributes.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR))) {
        throw Status.PERMISSION_DENIED
            .withDescription("only the user who runs this service may use it")
            .asRuntimeException();
      }
      return attributes;
    }
  }
}
