"""Maps of machine learning: activations, losses, optimizer updates."""

from kernels.families.elementwise.maps import entry

ACTIVATIONS = (
    entry("relu_forward relu", "x:R:-3:3", "y = max(x, 0.0)"),
    entry("leaky_relu lrelu_forward", "x:R:-3:3", "y = where(x > 0.0, x, slope * x)", "slope:0.01:0.3"),
    entry("elu elu_forward", "x:R:-3:3", "negative = alpha * (exp(min(x, 0.0)) - 1.0); y = where(x > 0.0, x, negative)", "alpha:0.5:1.5"),
    entry("silu swish_forward", "x:R:-4:4", "sigmoid = 1.0 / (1.0 + exp(-x)); y = x * sigmoid"),
    entry("swish_beta scaled_swish", "x:R:-3:3", "sigmoid = 1.0 / (1.0 + exp(-beta * x)); y = x * sigmoid", "beta:0.5:1.2"),
    entry("gelu gelu_tanh", "x:R:-3:3", "inner = 0.797885 * (x + 0.044715 * x * x * x); y = 0.5 * x * (1.0 + tanh(inner))"),
    entry("gelu_exact gelu_erf", "x:R:-3:3", "cdf = 0.5 * (1.0 + erf(x * 0.70711)); y = x * cdf"),
    entry("softplus softplus_forward", "x:R:-4:4", "y = max(x, 0.0) + log(1.0 + exp(-abs(x)))"),
    entry("mish mish_forward", "x:R:-3:3", "soft = log(1.0 + exp(x)); y = x * tanh(soft)"),
    entry("hard_swish hswish", "x:R:-5:5", "gate = clamp(x / 6.0 + 0.5, 0.0, 1.0); y = x * gate"),
    entry("softsign softsign_forward", "x:R:-3:3", "y = x / (1.0 + abs(x))"),
    entry("swiglu gated_silu", "x:R:-2:2 g:R:-3:3", "activated = g / (1.0 + exp(-g)); y = activated * x"),
    entry("geglu gated_gelu", "x:R:-2:2 g:R:-2:2", "gate = 0.5 * g * (1.0 + tanh(0.8 * g)); y = gate * x"),
    entry("tanh_shrink residual_tanh", "x:R:-3:3", "squashed = tanh(gain * x); y = x - squashed", "gain:0.3:1.5"),
    entry("bias_gelu add_bias_gelu", "x:R:-1:1 bias:R:-1:1", "z = x + bias; y = 0.5 * z * (1.0 + erf(0.70711 * z))"),
    entry("layer_scale residual_scale", "residual:R:-1:1 branch:R:-1:1 gamma:R:0.1:1", "y = residual + gamma * branch"),
)

LOSSES = (
    entry(
        "huber_loss huber",
        "prediction:R:-1:1 label:R:-1:1",
        "error = prediction - label; size = abs(error);loss = where(size < delta, 0.5 * error * error, delta * (size - 0.5 * delta))",
        "delta:0.3:0.9",
    ),
    entry(
        "bce_with_logits logistic_loss", "logit:R:-3:3 label:R:0:1", "loss = max(logit, 0.0) - logit * label + log(1.0 + exp(-abs(logit)))"
    ),
    entry("focal_loss focal", "p:R:0.1:0.9", "modulation = pow(1.0 - p, gamma); loss = -modulation * log(p)", "gamma:0.5:2"),
    entry("kl_term relative_entropy", "p:R:0.1:1 q:R:0.1:1", "loss = p * log(p / q)"),
    entry(
        "charbonnier smooth_l1",
        "prediction:R:-1:1 label:R:-1:1",
        "error = prediction - label; loss = sqrt(error * error + smoothing)",
        "smoothing:0.1:0.5",
    ),
    entry(
        "weighted_mse squared_error",
        "prediction:R:-1:1 label:R:-1:1 weight:R:0.1:2",
        "error = prediction - label; loss = weight * (error * error); slope = 2.0 * weight * error",
        "",
        "loss slope",
    ),
    entry(
        "gaussian_nll nll_loss",
        "mean:R:-1:1 label:R:-1:1 var:R:0.2:2",
        "error = label - mean; loss = 0.5 * (log(var) + error * error / var)",
    ),
    entry(
        "pinball_loss quantile_loss",
        "prediction:R:-1:1 label:R:-1:1",
        "gap = label - prediction; loss = max(tau * gap, (tau - 1.0) * gap)",
        "tau:0.1:0.9",
    ),
)

OPTIMIZERS = (
    entry("sgd_step sgd", "p:R:-1:1 g:R:-1:1", "new_p = p - lr * g", "lr:0.01:0.3"),
    entry(
        "sgd_decay weight_decay_step", "p:R:-1:1 g:R:-1:1", "shrunk = g + decay * p; new_p = p - lr * shrunk", "lr:0.01:0.3 decay:0.01:0.2"
    ),
    entry(
        "sgd_momentum momentum_step",
        "p:R:-1:1 g:R:-1:1 v:R:-1:1",
        "new_v = mu * v + g; new_p = p - lr * new_v",
        "lr:0.01:0.3 mu:0.5:0.95",
        "new_v new_p",
    ),
    entry(
        "nesterov nesterov_step",
        "p:R:-1:1 g:R:-1:1 v:R:-1:1",
        "new_v = mu * v + g; new_p = p - lr * (g + mu * new_v)",
        "lr:0.01:0.3 mu:0.5:0.95",
        "new_p new_v",
    ),
    entry(
        "rmsprop rmsprop_step",
        "p:R:-1:1 g:R:-1:1 s:R:0.2:1",
        "new_s = rho * s + g * g * (1.0 - rho); new_p = p - lr * g / (sqrt(new_s) + 1e-6)",
        "lr:0.01:0.3 rho:0.5:0.95",
        "new_s new_p",
    ),
    entry(
        "adagrad adagrad_step",
        "p:R:-1:1 g:R:-1:1 s:R:0.2:1",
        "new_s = s + g * g; new_p = p - lr * g / sqrt(new_s)",
        "lr:0.01:0.3",
        "new_s new_p",
    ),
    entry(
        "adam adam_step",
        "p:R:-1:1 g:R:-1:1 m:R:-1:1 v:R:0.2:1",
        "new_m = beta1 * m + (1.0 - beta1) * g; new_v = beta2 * v + g * g * (1.0 - beta2); new_p = p - lr * new_m / (sqrt(new_v) + 1e-6)",
        "lr:0.01:0.3 beta1:0.5:0.9 beta2:0.6:0.95",
        "new_m new_v new_p",
    ),
    entry(
        "lion lion_step",
        "p:R:-1:1 g:R:-1:1 m:R:-1:1",
        "direction = sign(beta * m + (1.0 - beta) * g); new_p = p - lr * direction",
        "lr:0.01:0.3 beta:0.5:0.9",
    ),
    entry("ema_update polyak_average", "average:R:-1:1 p:R:-1:1", "new_average = decay * average + (1.0 - decay) * p", "decay:0.5:0.95"),
    entry(
        "clip_gradient clipped_step",
        "p:R:-1:1 g:R:-2:2",
        "clipped = clamp(g, -limit, limit); new_p = p - lr * clipped",
        "limit:0.3:1 lr:0.01:0.3",
    ),
    entry(
        "proximal_step soft_threshold",
        "p:R:-1:1 g:R:-1:1",
        "moved = p - lr * g; shrunk = max(abs(moved) - lam, 0.0); new_p = sign(moved) * shrunk",
        "lr:0.01:0.3 lam:0.05:0.4",
    ),
)
