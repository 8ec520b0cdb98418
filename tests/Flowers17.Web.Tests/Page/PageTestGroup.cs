namespace FlowersWeb.Tests;

/// <summary>The tests of the page: they share a browser, and two of them at once would only wait for each other.</summary>
[CollectionDefinition]
public sealed class PageTestGroup : ICollectionFixture<PageWorkplace>;
