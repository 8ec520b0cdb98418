using EndToEnd.Tests;

[assembly: AssemblyFixture(typeof(PackageConsumer))]
