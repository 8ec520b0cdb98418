namespace FineTune;

/// <summary>How a heat map was computed. The layers of the network decide.</summary>
public enum ExplanationMethod
{
    /// <summary>
    /// Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, 2017; for networks without attention.
    /// The heat belongs to the label that is explained.
    /// </summary>
    GradCam,

    /// <summary>
    /// Abnar and Zuidema, Quantifying Attention Flow in Transformers, 2020; for vision transformers. The heat is the same for every label.
    /// </summary>
    AttentionRollout,
}
