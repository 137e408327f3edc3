# A nanoGPT config; what it leaves out is train.py's
out_dir = "out-shakespeare-char"
eval_interval = 250
dataset = "shakespeare_char"
gradient_accumulation_steps = 5 * 8
batch_size = 64
block_size = 256

learning_rate = 1e-3
max_iters = 5000
lr_decay_iters = 5000
min_lr = 1e-4
warmup_iters = 100
