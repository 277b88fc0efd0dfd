//go:build !purego

#include "textflag.h"

DATA sign<>+0(SB)/8, $0x8000000000000000
GLOBL sign<>(SB), RODATA|NOPTR, $8
DATA scale<>+0(SB)/8, $0x40671547652b82fe  // 128 / ln 2
GLOBL scale<>(SB), RODATA|NOPTR, $8
DATA shift<>+0(SB)/8, $0x4338000000000000  // 1.5 * 2^52
GLOBL shift<>(SB), RODATA|NOPTR, $8
DATA high<>+0(SB)/8, $0x3f762e42fefa0000   // expHigh
GLOBL high<>(SB), RODATA|NOPTR, $8
DATA low<>+0(SB)/8, $0x3d0cf79abc9e3b3a    // expLow
GLOBL low<>(SB), RODATA|NOPTR, $8
DATA sixth<>+0(SB)/8, $0x3fc5555555555555
GLOBL sixth<>(SB), RODATA|NOPTR, $8
DATA fourth<>+0(SB)/8, $0x3fa5555555555555 // 1 / 24
GLOBL fourth<>(SB), RODATA|NOPTR, $8
DATA fifth<>+0(SB)/8, $0x3f81111111111111  // 1 / 120
GLOBL fifth<>(SB), RODATA|NOPTR, $8
DATA half<>+0(SB)/8, $0.5
GLOBL half<>(SB), RODATA|NOPTR, $8
DATA one<>+0(SB)/8, $1.0
GLOBL one<>(SB), RODATA|NOPTR, $8
DATA limit<>+0(SB)/8, $700.0
GLOBL limit<>(SB), RODATA|NOPTR, $8
DATA index<>+0(SB)/8, $127
GLOBL index<>(SB), RODATA|NOPTR, $8

// func sigmoidsAVX(p, z *float64, n int, powers *float64) bool
//
// Step by step what sigmoid and exp do, four numbers at a time: the same bits.
TEXT ·sigmoidsAVX(SB), NOSPLIT, $0-33
	MOVQ         p+0(FP), DI
	MOVQ         z+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         powers+24(FP), DX
	VBROADCASTSD sign<>(SB), Y15
	VBROADCASTSD scale<>(SB), Y14
	VBROADCASTSD shift<>(SB), Y13
	VBROADCASTSD high<>(SB), Y12
	VBROADCASTSD low<>(SB), Y11
	VBROADCASTSD one<>(SB), Y10
	VBROADCASTSD half<>(SB), Y9
	VBROADCASTSD limit<>(SB), Y8
	VPCMPEQD     Y7, Y7, Y7        // all numbers were within the limit

sigmoidsFour:
	VXORPD       (SI), Y15, Y0     // x = -z
	VANDNPD      Y0, Y15, Y1
	VCMPPD       $0x11, Y8, Y1, Y1 // |x| < 700, false for NaN
	VANDPD       Y1, Y7, Y7
	VMULPD       Y14, Y0, Y1
	VADDPD       Y13, Y1, Y1       // t
	VSUBPD       Y13, Y1, Y2       // n
	VMULPD       Y12, Y2, Y3
	VSUBPD       Y3, Y0, Y0
	VMULPD       Y11, Y2, Y3
	VSUBPD       Y3, Y0, Y0        // r
	VBROADCASTSD fifth<>(SB), Y3
	VMULPD       Y3, Y0, Y3
	VBROADCASTSD fourth<>(SB), Y4
	VADDPD       Y4, Y3, Y3
	VMULPD       Y3, Y0, Y3
	VBROADCASTSD sixth<>(SB), Y4
	VADDPD       Y4, Y3, Y3
	VMULPD       Y3, Y0, Y3
	VADDPD       Y9, Y3, Y3
	VMULPD       Y0, Y0, Y4
	VMULPD       Y3, Y4, Y3
	VADDPD       Y3, Y0, Y3        // q
	VPBROADCASTQ index<>(SB), Y4
	VPAND        Y4, Y1, Y4        // the place in the table
	VPCMPEQD     Y5, Y5, Y5
	VGATHERQPD   Y5, (DX)(Y4*8), Y6
	VMULPD       Y3, Y6, Y3
	VADDPD       Y3, Y6, Y3
	VPSRLQ       $7, Y1, Y1
	VPSLLQ       $52, Y1, Y1
	VPADDQ       Y1, Y3, Y3        // exp(-z)
	VADDPD       Y10, Y3, Y3
	VDIVPD       Y3, Y10, Y3
	VMOVUPD      Y3, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $4, CX
	JNZ          sigmoidsFour
	VMOVMSKPD    Y7, AX
	CMPL         AX, $15
	SETEQ        ret+32(FP)
	VZEROUPPER
	RET

// func stableAVX(left, right, part *uint32, n int, codes, sides *uint8) int
TEXT ·stableAVX(SB), NOSPLIT, $0-56
	MOVQ left+0(FP), DI
	MOVQ right+8(FP), R9
	MOVQ part+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ codes+32(FP), SI
	MOVQ sides+40(FP), R8

stableRows:
	MOVL    (DX), AX
	MOVBLZX (SI)(AX*1), BX
	MOVBLZX (R8)(BX*1), BX
	MOVL    AX, (DI)
	MOVL    AX, (R9)
	LEAQ    (DI)(BX*4), DI
	XORL    $1, BX
	LEAQ    (R9)(BX*4), R9
	ADDQ    $4, DX
	DECQ    CX
	JNZ     stableRows
	SUBQ    left+0(FP), DI
	SHRQ    $2, DI
	MOVQ    DI, ret+48(FP)
	RET
